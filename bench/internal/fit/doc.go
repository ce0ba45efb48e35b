// Package fit is `bench fit`: how likely what stands in a prompt is used again, counted
// on recorded runs or on an agent's own past, as the table that policy.Value goes by.
package fit
