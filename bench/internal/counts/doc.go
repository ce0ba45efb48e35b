// Package counts measures, on recorded sessions, how far off counted prompts are
// from what the provider reported, before and after calibration.
package counts
