// A web server to be run in containers of the tests. What it does is said by
// its environment, so that images of one binary differ in their configuration:
//
//	VERSION   what it answers at /
//	PORTS     where it listens, "8080,9090"; nowhere when empty
//	CRASH     what it prints before it exits at once, with status 3
//	SICK      /healthz answers 503
//	START_MS  how long it takes until it listens
//	STUBBORN  it does not stop on SIGTERM
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var sick atomic.Bool
var eaten [][]byte

func main() {
	if crash := os.Getenv("CRASH"); crash != "" {
		fmt.Fprintln(os.Stderr, crash)
		os.Exit(3)
	}
	sick.Store(os.Getenv("SICK") != "")
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	startMs, _ := strconv.Atoi(os.Getenv("START_MS"))
	time.Sleep(time.Duration(startMs) * time.Millisecond)

	var servers []*http.Server
	for _, port := range strings.FieldsFunc(os.Getenv("PORTS"), isComma) {
		servers = append(servers, serve(port))
	}
	fmt.Println("started", os.Getenv("VERSION"))
	for range terminate {
		if os.Getenv("STUBBORN") == "" {
			break
		}
		fmt.Println("not stopping")
	}
	fmt.Println("stopping", os.Getenv("VERSION"))
	for _, server := range servers {
		server.Shutdown(context.Background())
	}
}

func isComma(r rune) bool { return r == ',' }

func serve(port string) *http.Server {
	host, _ := os.Hostname()
	answer := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Container", host)
		w.Header().Set("X-Port", port)
		handle(w, r)
	}
	server := &http.Server{Addr: ":" + port, Handler: http.HandlerFunc(answer)}
	go func() {
		if err := server.ListenAndServe(); err != http.ErrServerClosed {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(4)
		}
	}()
	return server
}

func handle(w http.ResponseWriter, r *http.Request) {
	switch query := r.URL.Query(); r.URL.Path {
	case "/":
		io.WriteString(w, os.Getenv("VERSION"))
	case "/healthz":
		if sick.Load() {
			http.Error(w, "sick", http.StatusServiceUnavailable)
		} else {
			io.WriteString(w, "ok")
		}
	case "/sick":
		sick.Store(true)
	case "/well":
		sick.Store(false)
	case "/exit":
		code, _ := strconv.Atoi(query.Get("code"))
		fmt.Fprintln(os.Stderr, "told to exit with", code)
		os.Exit(code)
	case "/eat":
		mib, _ := strconv.Atoi(query.Get("mib"))
		eat(mib)
	case "/slow":
		ms, _ := strconv.Atoi(query.Get("ms"))
		time.Sleep(time.Duration(ms) * time.Millisecond)
		io.WriteString(w, os.Getenv("VERSION"))
	case "/env":
		io.WriteString(w, os.Getenv(query.Get("name")))
	case "/id":
		fmt.Fprintf(w, "%d:%d", os.Getuid(), os.Getgid())
	case "/echo":
		io.Copy(w, r.Body)
	default:
		http.NotFound(w, r)
	}
}

// eat takes memory until there is none left or that much is taken.
func eat(mib int) {
	for ; mib > 0; mib-- {
		block := make([]byte, 1<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		eaten = append(eaten, block)
	}
}
