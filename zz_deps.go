//go:build deps

// keeps go.mod whole while the rooms are being written
package main
import (
 _ "fyne.io/fyne/v2/app"
 _ "fyne.io/fyne/v2/widget"
 _ "github.com/libp2p/go-libp2p"
 _ "github.com/dgraph-io/badger/v4"
 _ "modernc.org/sqlite"
 _ "github.com/pressly/goose/v3"
 _ "github.com/fxamacker/cbor/v2"
 _ "github.com/veraison/go-cose"
 _ "github.com/btcsuite/btcd/btcutil/bech32"
 _ "github.com/skip2/go-qrcode"
 _ "github.com/makiuchi-d/gozxing/qrcode"
 _ "github.com/liyue201/goqr"
 _ "golang.org/x/crypto/argon2"
 _ "golang.org/x/term"
 _ "github.com/rogpeppe/go-internal/testscript"
 _ "pgregory.net/rapid"
 _ "github.com/BurntSushi/toml"
)
func main(){}
