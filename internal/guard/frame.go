package guard

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A message is two frames: a header in JSON and the code as it is. A frame is
// its length as four bytes, most significant first, and that many bytes.

// maxFrame bounds what either side accepts; text files are at most 10 MB.
const maxFrame = 64 << 20

var errFrame = errors.New("frame is longer than allowed")

// hello is the header of the first message to a child.
type hello struct {
	Memory int64
}

// request is the header of later messages to a child. The code of a Transform
// travels in the second frame; a Bundle is all in the header. The answers have
// a response.
type request struct {
	Transform
	Bundle *Bundle `json:",omitempty"`
}

type response struct {
	Errors, Warnings []Message
	Error            string
}

func writeMessage(w io.Writer, header any, code string) error {
	h, err := json.Marshal(header)
	if err != nil {
		return fmt.Errorf("encode frame: %w", err)
	}
	if len(code) > maxFrame {
		return errFrame
	}
	buf := make([]byte, 0, 8+len(h)+len(code))
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(h)))
	buf = append(buf, h...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(code)))
	buf = append(buf, code...)
	_, err = w.Write(buf)
	return err
}

// readMessage reads a message. At the end of the input, before a message, it
// returns io.EOF.
func readMessage(r io.Reader, header any) (string, error) {
	h, err := readFrame(r)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(h, header); err != nil {
		return "", fmt.Errorf("decode frame: %w", err)
	}
	code, err := readFrame(r)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return string(code), err
}

func readFrame(r io.Reader) ([]byte, error) {
	var n [4]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(n[:])
	if size > maxFrame {
		return nil, errFrame
	}
	// Memory follows what arrives, not what the length claims.
	b := make([]byte, 0, min(size, 1<<20))
	for len(b) < int(size) {
		k := min(int(size)-len(b), 1<<20)
		at := len(b)
		b = append(b, make([]byte, k)...)
		if _, err := io.ReadFull(r, b[at:]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return b, nil
}
