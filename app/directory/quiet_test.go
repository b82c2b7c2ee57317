package directory_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"handslag/app/directory"
	"handslag/sync/link"
)

// What callers say beside an organisation's ID, by mistake or to be remembered, is kept nowhere: the whole
// program, with all that it prints and writes.
func TestNothingThatACallerSaysIsKept(t *testing.T) {
	const name = "vintergrind"
	p := open(t) // its root signs what is relayed
	p.put(p.says(1, p.root.Public(), p.root))
	var stdout, stderr, logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	state := t.TempDir()
	go func() {
		ended <- directory.Run(ctx, io.MultiWriter(&stdout, writer), &stderr, []string{"serve", "-statements", p.statements, "-state", state, "-listen", "127.0.0.1:0", "-json"})
	}()
	var ready struct{ URL, CA string }
	if err := json.NewDecoder(reader).Decode(&ready); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	statuses := map[int]bool{}
	for _, target := range []string{string(p.org) + "?who=" + name, name, string(p.org) + "/" + name, "%00" + name} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			request, err := http.NewRequest(method, ready.URL+link.PathDirectory+target, strings.NewReader(name))
			if err != nil {
				t.Fatal(err)
			}
			for _, header := range []string{"User-Agent", "Referer", "Cookie", "X-Forwarded-For", "Authorization", "From"} {
				request.Header.Set(header, name)
			}
			answer, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if err != nil || strings.Contains(string(body), name) {
				t.Errorf("%s %s is answered %q (%v)", method, target, body, err)
			}
			statuses[answer.StatusCode] = true
		}
	}
	raw, err := net.Dial("tcp", strings.TrimPrefix(ready.URL, "https://")) // no TLS at all
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(raw, "GET /"+name+" HTTP/1.1\r\n\r\n")
	io.Copy(io.Discard, raw)
	raw.Close()
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("it ends with %d: %s", code, &stderr)
	}
	for _, want := range []int{http.StatusOK, http.StatusBadRequest, http.StatusMethodNotAllowed} {
		if !statuses[want] {
			t.Errorf("nobody was answered %d: the test calls past it", want)
		}
	}
	for where, text := range map[string]string{"output": stdout.String(), "errors": stderr.String(), "log": logged.String()} {
		if strings.Contains(text, name) {
			t.Errorf("its %s says %s", where, text)
		}
	}
	seen := 0
	everything(t, state, func(path, text string) {
		seen++
		if strings.Contains(path+text, name) {
			t.Errorf("%s says %s", path, text)
		}
	})
	if seen == 0 {
		t.Error("it wrote nothing: the test looks in the wrong place")
	}
}
