// Package models says what is known of each model: one [Profile] holds what its API
// takes, what its format adds to a text, its window, how its cache works and what it
// costs.
//
//	p, known := models.Find("claude-opus-5")
//	fmt.Println(p.Window, p.Cache.Name, known)
//
// The profiles that ship are the lines of one data file, catalogue.json, each with its
// source and date. What no source says is unknown: the field is zero, and
// [Profile.Unknown] names it. Prices change: look at the date, and bring profiles of
// your own where it matters.
//
// [Find] takes names as gateways spell them, and never fails: of a name that the
// catalogue does not have, it returns the newest family of its vendor, without a
// price and without a window, and says so in [Profile.Note].
//
// A profile is data. Change a copy, read your own with encoding/json, or import a
// public catalogue with [ReadLiteLLM] or [ReadModelsDev], and put them over the shipped
// ones with [Catalogue.With]. Adapters take a profile in their options, so a model that
// is new needs no new release of quire.
package models

import ()

import ()
