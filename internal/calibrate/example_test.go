package calibrate_test

import (
	"fmt"

	"github.com/quire-dev/quire/internal/calibrate"
)

func ExampleCalibration() {
	var c calibrate.Calibration // knows nothing yet
	prompt := calibrate.Mix{Prose: 4_000, Code: 6_000}
	fmt.Println(c.Apply(prompt))

	for _, reported := range []int{11_480, 12_010, 12_560} { // the provider counts more
		c = c.Observe(prompt, reported)
		prompt.Prose, prompt.New = prompt.Prose+500, 500
	}
	fmt.Println(c.Apply(prompt), c.Upper(prompt, 0.95))
	// Output:
	// 10000
	// 13099 13306
}
