package promptcheck

// Rules is the table, for the tests that hold it to be whole.
func Rules() []rule { return rules() }
