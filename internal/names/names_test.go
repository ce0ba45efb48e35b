package names

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdentifiers(t *testing.T) {
	for in, want := range map[string][]string{
		"see docs/rules.md, then docs/rules.md:12":         {"docs/rules.md"},
		"call extendStayByNight(pier_west_3) again":        {"extendStayByNight", "pier_west_3"},
		"os.path.join and a.b, 3.14159265, international":  {"os.path.join"},
		"append-only isn't one, ../src/x.go is":            {"src/x.go"},
		"Wonderful WONDERFUL fooBar foBar":                 {"fooBar"},
		"…/grüße/straße_x":                                 {"grüße/straße_x"},
		"":                                                 nil,
		"end.":                                             nil,
		"https://example.org/a_b?q=long_name&r=LongerName": {"example.org/a_b", "long_name", "LongerName"},
	} {
		require.Equal(t, want, slices.Collect(In(in)), "%q", in)
	}
}
