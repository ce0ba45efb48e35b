package sqlitestore

// Typed is for tests of what SQLite's errors become.
var Typed = typed
