// Prints what comes from a URL, as Go's client hands it over: it asks for gzip, and decodes it, by itself.
package main

import (
	"io"
	"net/http"
	"os"
)

func main() {
	response, err := http.Get(os.Args[1])
	if err != nil {
		panic(err)
	}
	if !response.Uncompressed {
		panic("it was not compressed")
	}
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		panic(err)
	}
}
