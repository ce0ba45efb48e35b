package agent

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

type weatherArgs struct {
	City string `json:"city" jsonschema:"where, as people write it"`
	Days int    `json:"days,omitempty"`
}

func TestAToolOfAGoFunction(t *testing.T) {
	var got weatherArgs
	tool := Func("weather", "Says the weather.", func(ctx context.Context, a weatherArgs) (map[string]any, error) {
		got = a
		return map[string]any{"city": a.City, "key": CallOf(ctx).Key}, nil
	})
	assert.JSONEq(t, `{"type":"object","properties":{"city":{"type":"string","description":"where, as people write it"},"days":{"type":"integer"}},"required":["city"],"additionalProperties":false}`, string(tool.Schema))
	parts, err := tool.Run(t.Context(), Call{Key: "k", Args: `{"city":"Bern","days":2}`})
	require.NoError(t, err)
	assert.Equal(t, weatherArgs{"Bern", 2}, got)
	assert.Equal(t, []quire.Part{quire.Text{Text: `{"city":"Bern","key":"k"}`}}, parts)
	assert.Zero(t, CallOf(t.Context()))
}

func TestArgumentsThatDoNotFitDoNotReachTheFunction(t *testing.T) {
	tool := Func("weather", "", func(context.Context, weatherArgs) (string, error) {
		t.Error("it ran")
		return "", nil
	})
	for args, says := range map[string]string{
		`{}`:                           "city",
		``:                             "city",
		`{"city":3}`:                   "string",
		`{"city":"Bern","days":"two"}`: "integer",
		`{"city":"Bern","x":1}`:        "x",
		`[]`:                           "do not fit",
		` null`:                        "city",
		`{"city":`:                     "no JSON",
		`{"city":"Bern","days":1e30}`:  "do not fit",
	} {
		_, err := tool.Run(t.Context(), Call{Args: args})
		assert.ErrorContains(t, err, says, args)
	}
}

func TestWhatAFunctionReturnsIsShown(t *testing.T) {
	for _, c := range []struct {
		tool Tool
		want []quire.Part
	}{
		{Func("a", "", func(context.Context, struct{}) (string, error) { return "plain", nil }), []quire.Part{quire.Text{Text: "plain"}}},
		{Func("a", "", func(context.Context, struct{}) (any, error) { return nil, nil }), say("done")},
		{Func("a", "", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil }), say("done")},
		{Func("a", "", func(context.Context, struct{}) (int, error) { return 7, nil }), []quire.Part{quire.Text{Text: "7"}}},
		{Func("a", "", func(context.Context, struct{}) (quire.Part, error) { return quire.Ref{Message: "m"}, nil }), []quire.Part{quire.Ref{Message: "m"}}},
		{Func("a", "", func(context.Context, struct{}) ([]quire.Part, error) { return say("x"), nil }), say("x")},
	} {
		got, err := c.tool.Run(t.Context(), Call{})
		require.NoError(t, err)
		assert.Equal(t, c.want, got)
	}
	failed := errors.New("no such city")
	_, err := Func("a", "", func(context.Context, struct{}) (string, error) { return "", failed }).Run(t.Context(), Call{})
	assert.ErrorIs(t, err, failed)
	_, err = Func("a", "", func(context.Context, struct{}) (func(), error) { return func() {}, nil }).Run(t.Context(), Call{})
	assert.ErrorContains(t, err, "no JSON")
}

func TestAToolThatCannotBeMadeFailsEarly(t *testing.T) {
	for _, tool := range []Tool{
		Func("a", "", func(context.Context, string) (string, error) { return "", nil }),
		Func("a", "", func(context.Context, struct{ C chan int }) (string, error) { return "", nil }),
		Func("a", "", func(context.Context, time.Time) (string, error) { return "", nil }),
	} {
		a := &Agent{tools: map[string]Tool{}}
		assert.ErrorContains(t, a.register([]Tool{tool}), "tool a")
	}
}

// OpenAI refuses a tool whose schema is an object without properties.
func TestAToolWithoutArgumentsSaysThatItHasNone(t *testing.T) {
	tool := Func("now", "", func(context.Context, struct{}) (string, error) { return "noon", nil })
	assert.JSONEq(t, `{"type":"object","properties":{},"additionalProperties":false}`, string(tool.Schema))
	for _, args := range []string{"", "{}", "null", " "} {
		got, err := tool.Run(t.Context(), Call{Args: args})
		require.NoError(t, err)
		assert.Equal(t, say("noon"), got)
	}
}

// What JSON writes in its own way is described as that, not as Go keeps it.
func TestRawJSONAndBytesAreTakenAsJSONHasThem(t *testing.T) {
	type args struct {
		Raw   json.RawMessage `json:"raw"`
		Bytes []byte          `json:"bytes,omitempty"`
	}
	tool := Func("a", "", func(_ context.Context, a args) (string, error) { return string(a.Raw) + string(a.Bytes), nil })
	require.NoError(t, tool.err)
	for text, want := range map[string]string{
		`{"raw":{"x":[1]},"bytes":"aGk="}`: `{"x":[1]}hi`,
		`{"raw":"x"}`:                      `"x"`,
	} {
		got, err := tool.Run(t.Context(), Call{Args: text})
		require.NoError(t, err)
		assert.Equal(t, say("%s", want), got)
	}
	_, err := tool.Run(t.Context(), Call{Args: `{"raw":1,"bytes":[1,2]}`})
	assert.ErrorContains(t, err, "do not fit")
}

// What is said of wrong arguments does not repeat all of them.
func TestWrongArgumentsAreNotRepeatedWhole(t *testing.T) {
	tool := Func("weather", "", func(context.Context, weatherArgs) (string, error) { return "", nil })
	_, err := tool.Run(t.Context(), Call{Args: `{"city":["` + strings.Repeat("x", 100_000) + `"]}`})
	require.ErrorContains(t, err, "do not fit")
	require.ErrorContains(t, err, `want "string"`)
	assert.Less(t, len(err.Error()), 500)
}
