// Package calibrate learns from the usage that providers report how far off the counts
// of package tokenizer are, for each class of content ([Mix]): [Calibration.Apply]
// corrects a sum, and [Calibration.Upper] bounds it with a stated confidence, which is
// what a budget is checked with. It is the composer's own.
package calibrate
