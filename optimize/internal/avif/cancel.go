package avif

import (
	"context"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/sys"
)

// checkpoint is a function of the module, by its index, that aom calls for
// each block it encodes, at every speed: 30,000 to 190,000 times a megapixel,
// and at least every 0.2 s. There the context is looked at.
//
// The check that wazero itself offers, WithCloseOnContextDone, stands in every
// loop and makes an encode take six times as long; this one costs less than
// can be measured.
const checkpoint = 1930

// withCheckpoint makes the module that is compiled under ctx stop at the
// checkpoint once the context of the call has ended.
func withCheckpoint(ctx context.Context) context.Context {
	return experimental.WithFunctionListenerFactory(ctx, experimental.FunctionListenerFactoryFunc(
		func(def api.FunctionDefinition) experimental.FunctionListener {
			if def.Index() != checkpoint {
				return nil
			}
			return experimental.FunctionListenerFunc(stopWhenDone)
		}))
}

// stopWhenDone unwinds the call. A panic is how a function of the host ends
// WebAssembly: wazero turns it into the error of the call.
func stopWhenDone(ctx context.Context, _ api.Module, _ api.FunctionDefinition, _ []uint64, _ experimental.StackIterator) {
	if ctx.Err() != nil {
		panic(sys.NewExitError(sys.ExitCodeContextCanceled))
	}
}
