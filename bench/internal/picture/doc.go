// Package picture draws what a call costs over the life of an agent, for each
// strategy of the bench, and what the whole costs against what is kept.
package picture
