package agent

import (
	"crypto/ed25519"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault"
	"handslag/vault/disk"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// BenchmarkShare hands a thousand records, and then an attachment of 1 GiB, from one device to another on
// loopback: real vaults, journals and libp2p, encrypted at rest at both ends, and it ends when both journals say that
// all arrived. Beside it a bare crypto/tls copy reads as many files, sends them and writes as many with as many syncs.
// HANDSLAG_BENCH_MIB makes the attachment another size.
func BenchmarkShare(b *testing.B) {
	h := newHouse(b)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	h.stop()
	mine, _ := anna.meets(bo)
	round := 0 // of all: with -count the house stays, and what bo has is not given again
	b.Run("1000 records", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			round++
			ids := anna.holdsMany(b, fmt.Sprint("r-bench-", round, "-"), 1000)
			b.StartTimer()
			result, err := mine.Give(b.Context(), Gift{Records: ids})
			if err != nil || len(result.Given) != len(ids) {
				b.Fatalf("%d of %d arrived: %v", len(result.Given), len(ids), unwrapped(err))
			}
		}
		b.ReportMetric((b.Elapsed() / time.Duration(b.N)).Seconds(), "of-1s")
	})
	b.Run("attachment", func(b *testing.B) {
		size := 1 << 30
		if mib, err := strconv.Atoi(os.Getenv("HANDSLAG_BENCH_MIB")); err == nil {
			size = mib << 20
		}
		var bare time.Duration
		var idle, most uint64
		b.SetBytes(int64(size))
		for b.Loop() {
			b.StopTimer()
			round++
			id := anna.holdsAttachment(b, journal.AttachmentID(fmt.Sprint("a-bench-", round)), size)
			bare += bareCopy(b, anna.cfg.Vault, size)
			debug.FreeOSMemory()
			idle = inUse()
			stop, peak := make(chan struct{}), make(chan uint64)
			go watchMemory(stop, peak)
			b.StartTimer()
			result, err := mine.Give(b.Context(), Gift{Attachments: []journal.AttachmentID{id}})
			b.StopTimer()
			close(stop)
			most = max(most, <-peak-idle)
			if err != nil || len(result.Attachments) != 1 {
				b.Fatalf("it did not arrive: %+v %v", result, unwrapped(err))
			}
			b.StartTimer()
		}
		b.ReportMetric(float64(bare)/float64(b.Elapsed()), "of-bare-TLS")
		b.ReportMetric(float64(size)*float64(b.N)/(1<<20)/bare.Seconds(), "bare-MiB/s")
		b.ReportMetric(float64(most)/(64<<20), "of-64MiB-for-both")
	})
}

// holdsMany puts records into the vault, as the connected system lends them.
func (d *tablet) holdsMany(b *testing.B, name string, n int) (ids []journal.RecordID) {
	s, err := d.current()
	ok(b, err)
	known, err := s.vault.Record("r-maja")
	ok(b, err)
	org, key := d.h.statement.Org(), d.h.config.Keys.Issuing
	var copies []vault.RecordCopy
	for i := range n {
		id := journal.RecordID(fmt.Sprint(name, i))
		cipher, hash, content, err := record.SealProtected(org, id, 1, record.Protected{Fields: []record.Field{{Name: "phone", Value: "070-174 06 05"}, {Name: "note", Value: fmt.Sprint("Porten är låst, ring på ", i)}}})
		ok(b, err)
		raw, err := record.Record{Version: 1, Org: org, ID: id, Number: 1, Subject: journal.SubjectID("sub-" + id), Kind: "person", Unit: known.Unit,
			Card: record.Card{Title: "Person på väg " + fmt.Sprint(i), Area: "Ekbacken"}, Cipher: hash, Issued: signed.At(morning)}.WithKey(content).Sign(key)
		ok(b, err)
		loan, err := signed.Sign(signed.DomainLoan, key, record.Loan{Version: 1, Org: org, Record: id, Number: 1, To: s.device, Until: known.Until})
		ok(b, err)
		copies = append(copies, vault.RecordCopy{Signed: raw, Cipher: cipher, ContentKey: content, Hands: []record.Hand{{Loan: loan}}})
		ids = append(ids, id)
	}
	kept, err := s.vault.PutRecords(copies)
	ok(b, err)
	if kept != n {
		b.Fatalf("kept %d", kept)
	}
	return ids
}

// holdsAttachment puts one on Maja's record.
func (d *tablet) holdsAttachment(t testing.TB, id journal.AttachmentID, size int) journal.AttachmentID {
	t.Helper()
	s, err := d.current()
	ok(t, err)
	known, err := s.vault.Record("r-maja")
	ok(t, err)
	blobs, err := s.vault.Blobs()
	ok(t, err)
	defer blobs.Close()
	content := io.LimitReader(rand.NewChaCha8([32]byte{byte(size >> 20)}), int64(size))
	a, key, err := record.SealAttachment(record.Attachment{Org: d.h.statement.Org(), ID: id, Record: "r-maja", Subject: known.Subject, Size: uint64(size)},
		record.Label{Name: "film.pdf", Type: record.PDF}, content, blobs.Put)
	ok(t, err)
	ok(t, blobs.Sync())
	a.Issued = signed.At(morning)
	raw, err := a.Sign(d.h.config.Keys.Issuing)
	ok(t, err)
	ok(t, s.vault.Update(func(tx *vault.Tx) error {
		_, err := tx.PutAttachment(vault.AttachmentCopy{Signed: raw, ContentKey: key})
		return err
	}))
	return id
}

// bareCopy sends the vault's chunks over crypto/tls, each behind its length, and writes each into a file of its
// own, synced and then renamed, three at a time, with a sync of the folder for 64: the same writes as a share's.
func bareCopy(b *testing.B, vault string, size int) time.Duration {
	b.Helper()
	from, to := filepath.Join(vault, "blobs"), b.TempDir()
	names, err := disk.OS{}.List(from)
	ok(b, err)
	names = names[:min(len(names), size>>20)]
	key := newKey(b)
	der, err := identity.SelfSign(key, []string{"127.0.0.1"}, morning)
	ok(b, err)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: ed25519.PrivateKey(key.Ed25519())}}})
	ok(b, err)
	defer listener.Close()
	began := time.Now()
	sent := make(chan error, 1)
	go func() {
		conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
		if err != nil {
			sent <- err
			return
		}
		defer conn.Close()
		buffer := make([]byte, 4+record.ChunkLimit)
		for _, name := range names {
			n, err := disk.OS{}.Fill(filepath.Join(from, name), buffer[4:])
			if err == nil {
				binary.BigEndian.PutUint32(buffer, uint32(n))
				_, err = conn.Write(buffer[:4+n])
			}
			if err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	conn, err := listener.Accept()
	ok(b, err)
	defer conn.Close()
	type part struct {
		name string
		data []byte
	}
	free, full := make(chan []byte, 6), make(chan part)
	for range cap(free) {
		free <- make([]byte, record.ChunkLimit)
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for p := range full {
				name := filepath.Join(to, p.name)
				if err := disk.Stage(disk.OS{}, name, p.data); err != nil {
					b.Error(err)
				}
				if err := os.Rename(name+disk.DraftSuffix, name); err != nil {
					b.Error(err)
				}
				free <- p.data[:cap(p.data)]
			}
		})
	}
	for i, name := range names {
		var head [4]byte
		_, err := io.ReadFull(conn, head[:])
		ok(b, err)
		data := (<-free)[:binary.BigEndian.Uint32(head[:])]
		_, err = io.ReadFull(conn, data)
		ok(b, err)
		full <- part{name, data}
		if i%64 == 63 {
			ok(b, disk.OS{}.SyncDir(to))
		}
	}
	close(full)
	all.Wait()
	ok(b, disk.OS{}.SyncDir(to))
	ok(b, <-sent)
	took := time.Since(began)
	ok(b, os.RemoveAll(to))
	return took
}

// inUse is the memory that the process has from the system for Go, in bytes, without what it gave back.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

// watchMemory says the most that was in use until stop.
func watchMemory(stop <-chan struct{}, peak chan<- uint64) {
	most := inUse()
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		select {
		case <-tick.C:
			most = max(most, inUse())
		case <-stop:
			tick.Stop()
			peak <- max(most, inUse())
			return
		}
	}
}
