package tokenizer_test

import (
	"context"
	"errors"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/tokenizer"
)

var errTooLong = errors.New("the prompt may not fit")

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(ctx context.Context, model providers.Model, counter tokenizer.Counter, framing tokenizer.Framing,
	calibration tokenizer.Calibration, prompt *quire.Prompt, fixed, system, window int) (tokenizer.Calibration, error) {
	mix := framing.MixFixed(fixed, system, prompt.Tools) // what stands before the messages
	for _, m := range prompt.Messages {
		mix = mix.Add(framing.Mix(framing.Message(counter, m.Parts), m.Parts))
	}
	if calibration.Upper(mix, 0.99) > window {
		return calibration, errTooLong
	}
	reply, err := model.Generate(ctx, prompt)
	if err != nil {
		return calibration, err
	}
	calibration = calibration.Observe(mix, reply.Usage.Input)
	return calibration, nil
}
