// lookup KIND NAME prints what Go's own resolver (not the C library's) finds.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
)

func main() {
	resolver := &net.Resolver{PreferGo: true, StrictErrors: true}
	ctx := context.Background()
	var found []string
	var err error
	switch os.Args[1] {
	case "host":
		found, err = resolver.LookupHost(ctx, os.Args[2])
	case "txt":
		found, err = resolver.LookupTXT(ctx, os.Args[2])
	case "srv":
		var records []*net.SRV
		_, records, err = resolver.LookupSRV(ctx, "", "", os.Args[2])
		for _, r := range records {
			found = append(found, fmt.Sprintf("%d %d %d %s",
				r.Priority, r.Weight, r.Port, r.Target))
		}
	case "addr":
		found, err = resolver.LookupAddr(ctx, os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, value := range found {
		fmt.Println(value)
	}
}
