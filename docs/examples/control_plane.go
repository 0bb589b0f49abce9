// control_plane.go drains and replaces every instance of an app in etcd,
// through its JSON gateway and nothing but Go's own library; see docs/feed.md.
//
//	go run control_plane.go http://127.0.0.1:2379 NETWORK APP PREFIX
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"path"
	"time"
)

type object = map[string]interface{}

var b64 = base64.StdEncoding

// A call of etcd's; the reply's kvs, with their keys and values decoded.
func call(method string, body object) (kvs [][2]string) {
	var reply struct {
		Error string
		Kvs   []struct{ Key, Value string }
	}
	text, _ := json.Marshal(body)
	r, err := http.Post(os.Args[1]+"/v3/"+method, "application/json", bytes.NewReader(text))
	if err == nil {
		defer r.Body.Close()
		err = json.NewDecoder(r.Body).Decode(&reply)
	}
	if err != nil || reply.Error != "" {
		log.Fatal(method, ": ", err, reply.Error)
	}
	for _, kv := range reply.Kvs {
		key, _ := b64.DecodeString(kv.Key)
		value, _ := b64.DecodeString(kv.Value)
		kvs = append(kvs, [2]string{string(key), string(value)})
	}
	return kvs
}

func put(key string, fact object) object {
	value, _ := json.Marshal(fact)
	return object{"request_put": object{
		"key": b64.EncodeToString([]byte(key)), "value": b64.EncodeToString(value)}}
}

func main() {
	below := path.Join("/dnsd/instances", os.Args[2], os.Args[3]) + "/"
	all := call("kv/range", object{"key": b64.EncodeToString([]byte(below)),
		"range_end": b64.EncodeToString([]byte(below[:len(below)-1] + "0"))})
	for n, kv := range all {
		var old object
		if err := json.Unmarshal([]byte(kv[1]), &old); err != nil {
			log.Fatal(kv[0], ": ", err)
		}
		next := object{"region": old["region"],
			"addresses": []string{fmt.Sprintf("%s::90:%x", os.Args[4], n)}}
		old["state"] = "draining"
		// Together: there is no moment with neither.
		call("kv/txn", object{"success": []object{put(kv[0], old), put(fmt.Sprintf("%sgo%d", below, n), next)}})
		time.Sleep(time.Second)
		call("kv/deleterange", object{"key": b64.EncodeToString([]byte(kv[0]))})
	}
}
