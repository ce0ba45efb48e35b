package mailbox

import (
	"crypto/ed25519"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
)

// kept is the digest of a draft as it is kept: large texts are blobs, which have the
// digest of what they stand for. It is the same before and after a store took it.
func kept(d quire.Draft) quire.Digest {
	d.Parts, _ = detach(d.Parts)
	return codec.DraftDigest(&d)
}

// signed is what a signature covers: who says it, and all that he wrote. The
// first line keeps it from being taken for a signature of something else.
func signed(from quire.Address, d quire.Digest) []byte {
	return []byte("quire message v1\n" + string(from) + "\n" + d.String())
}

// Sign signs a draft for its sender, with Ed25519 (RFC 8032): over the address
// that it is sent from and the draft's content as a store keeps it. The signature
// goes into Commit.Signatures, and everybody can check it, see [Verify]. An
// address whose keys are in Rules.Keys can send nothing without.
func Sign(key ed25519.PrivateKey, from quire.Address, d quire.Draft) ([]byte, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, invalid("the key has %d bytes, an Ed25519 private key has %d", len(key), ed25519.PrivateKeySize)
	}
	clean, err := cleaned(&d)
	if err != nil {
		return nil, invalid("%w", err)
	}
	return ed25519.Sign(key, signed(from, kept(clean))), nil
}

// Verify says whether a message that was read is signed by one of its sender's
// keys.
func Verify(m *quire.Message, keys ...ed25519.PublicKey) bool {
	return verified(keys, m.From, kept(m.Draft), m.Signature)
}

func verified(keys []ed25519.PublicKey, from quire.Address, d quire.Digest, signature []byte) bool {
	for _, k := range keys {
		if len(k) == ed25519.PublicKeySize && ed25519.Verify(k, signed(from, d), signature) {
			return true
		}
	}
	return false
}

// verify checks the signature of the i-th draft of a commit. A signature of an
// address without keys could not be checked, so it is refused, not believed.
func (r *Rules) verify(a *accepted, c *Commit, i int) error {
	var signature []byte
	if i < len(c.Signatures) {
		signature = c.Signatures[i]
	}
	keys := r.Keys[c.Address.Base()]
	switch {
	case len(keys) == 0 && signature == nil:
		return nil
	case len(keys) == 0:
		return fmt.Errorf("draft %d of %d is signed, but the store has no key of %s: %w", i+1, len(c.Sends), c.Address.Base(), ErrUnsigned)
	case a.Own:
		return nil // an agent's own turns go to nobody else
	case !verified(keys, c.Address, kept(a.draft), signature):
		return fmt.Errorf("draft %d of %d has no valid signature of %s: %w", i+1, len(c.Sends), c.Address, ErrUnsigned)
	}
	a.Signature = signature
	return nil
}
