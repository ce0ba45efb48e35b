package wire

import (
	"github.com/quire-dev/quire"
)

// imageLimits are what a format's provider takes of pictures. It is data; zero
// figures are limits that are not known.
type imageLimits struct {
	API     quire.API
	Types   []string // by their bytes; none: no pictures at all
	Schemes []string // of addresses that the provider reads pictures from
	Encoded int      // bytes of one picture as base64
	Total   int      // bytes of all of them as base64, with room left for the rest of the request
	Side    int      // pixels
	Count   int      // in a request
	// Above Many pictures in a request, each is limited to ManySide pixels a side.
	Many, ManySide int
	Source, Date   string
}

// imageLimitsFor returns the limits of a format.
func imageLimitsFor(api quire.API) imageLimits {
	for _, l := range pictureLimits() {
		if l.API == api {
			return l
		}
	}
	return imageLimits{API: api}
}

func pictureLimits() []imageLimits {
	web := []string{"image/jpeg", "image/png", "image/gif", "image/webp"}
	const mb = 1 << 20
	return []imageLimits{
		{
			// Newer reports have 10 MB for one; Amazon's and Google's copies still take 5.
			API: quire.APIAnthropic, Types: web, Schemes: []string{"https"}, Encoded: 5 * mb, Total: 28 * mb,
			Side: 8000, Count: 100, Many: 20, ManySide: 2000,
			Source: "platform.claude.com/docs build-with-claude/vision; github.com/lobehub/lobehub/pull/14711 (the 5 MB are of base64)", Date: "2026-11-28",
		},
		{
			API: quire.APIOpenAIChat, Types: web, Schemes: []string{"https", "http"}, Encoded: 20 * mb, Total: 48 * mb, Count: 500,
			Source: "developers.openai.com/api/docs/guides/images-vision", Date: "2026-11-28",
		},
		{
			API: quire.APIOpenAIResponses, Types: web, Schemes: []string{"https", "http"}, Encoded: 20 * mb, Total: 48 * mb, Count: 500,
			Source: "developers.openai.com/api/docs/guides/images-vision", Date: "2026-11-28",
		},
		{
			API: quire.APIGemini, Types: []string{"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"},
			Schemes: []string{"https", "gs"}, Encoded: 7 * mb * 4 / 3, Total: 18 * mb, Count: 900,
			Source: "ai.google.dev/gemini-api/docs/image-understanding; docs.cloud.google.com models gemini/3-flash (7 MB inline, 900 a prompt)", Date: "2026-11-28",
		},
		{
			API: quire.APIOllama, Types: []string{"image/png", "image/jpeg", "image/webp"},
			Source: "github.com/ollama/ollama v0.17.4: the decoders that its server imports", Date: "2026-11-28",
		},
	}
}
