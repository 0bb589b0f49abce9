"""Each form of name, among 10, 1,000 and 100,000 facts that it may walk over.

The facts of each size are a network of their own, so that one store and one
run of callgrind serve all.  Sets with a rare port are another store, so that
the others' rows stay.  What an answer costs is to depend on the answer.
"""

import ipaddress

SIZES = (10, 1_000, 100_000)
QUESTIONS = 50
REGIONS = 999  # an app may be in 1,000
IAD = '{"put":"region","id":"iad","latitude":38,"longitude":-77}\n'
ANY = 65_535  # records: trace.c does not count them


def address(size, i, part=1):
    network = 0x18 + SIZES.index(size)
    return f"fdaa:0:{network:x}:{part:x}::{i >> 16:x}:{i & 0xffff:x}"


def _instance(size, app, i, part, region="iad", more=""):
    return (f'{{"put":"instance","network":"n{size}","app":"{app}",'
            f'"id":"i{i}","region":"{region}",'
            f'"addresses":["{address(size, i, part)}"]{more}}}\n')


def _facts(size):
    """So many of each kind; what is asked for is the last."""
    stopped, over = ',"state":"stopped"', ',"expires":"2020-01-01T00:00:00Z"'
    yield (f'{{"put":"network","id":"n{size}","prefixes":'
           f'["{address(size, 0, 0)}/48"]}}\n')
    yield (f'{{"put":"app","network":"n{size}","name":"one","ports":{{"http":80}},'
           f'"flycast":["{address(size, 0, 9)}"]}}\n')
    yield f'{{"put":"alias","network":"n{size}","name":"also","app":"one"}}\n'
    yield (f'{{"put":"export","network":"other","app":"one","to":"n{size}",'
           '"as":"theirs","instances":true}\n')
    for i in range(size):
        last = i == size - 1
        yield _instance(size, "one", i, 1, more=',"name":"db","group":"web",'
                        f'"metadata":{{"role":"{"rare" if last else "usual"}"}}')
        yield _instance(size, "port", i, 2, more=',"ports":{"rare":1}' * last)
        yield _instance(size, "rest", i, 3, more=stopped * (not last))
        yield _instance(size, f"b{i:06}", i, 4, more=stopped)
        yield f'{{"put":"app","network":"n{size}","name":"a{i:06}"}}\n'
        yield _instance(size, "wide", i, 5, f"r{i % REGIONS:03}")
        yield (f'{{"put":"peer","network":"n{size}","name":"p{i}","region":"iad",'
               f'"addresses":["{address(size, i, 6)}"]{over * (not last)}}}\n')


def write_feed(path):
    with open(path, "w") as out:
        out.write(IAD)
        for i in range(REGIONS):
            out.write(f'{{"put":"region","id":"r{i:03}","latitude":{i % 60},'
                      f'"longitude":{i % 170}}}\n')
        out.write('{"put":"network","id":"other","prefixes":["fdaa:1::/48"]}\n'
                  '{"put":"instance","network":"other","app":"one","id":"i0",'
                  '"region":"iad","addresses":["fdaa:1::1"]}\n')
        for size in SIZES:
            out.writelines(_facts(size))


def write_sets(path):
    """So many behind every word there is; the last has a port of its own."""
    with open(path, "w") as out:
        out.write(IAD)
        for size in SIZES:
            out.write(f'{{"put":"network","id":"n{size}","prefixes":'
                      f'["{address(size, 0, 0)}/48"]}}\n'
                      f'{{"put":"app","network":"n{size}","name":"one",'
                      '"domain":"a.b"}\n')
            out.writelines(
                _instance(size, "one", i, 1, more=',"name":"db","group":"web",'
                          '"metadata":{"role":"usual"}'
                          + ',"ports":{"rare":1}' * (i == size - 1))
                for i in range(size))


def _fit(question, size):
    """Of so many addresses: a header, the question and 28 octets each in 512."""
    return min(size, (512 - 12 - len(question.split()[0]) - 6) // 28)


def rows(size):
    """Of each form: a question as a file of them has it."""
    last = size - 1
    pointer = ipaddress.ip_address(address(size, last)).reverse_pointer

    def filled(question, most=size):
        return f"{question} AAAA 0 {_fit(question, most)}"

    return {
        "app": filled("one.internal"),
        "app, other type": "one.internal A 0 0",
        "app, one is well": "rest.internal AAAA 0 1",
        "app, SRV": f"_http._tcp.one.internal SRV 0 {ANY}",
        "app, SRV, one has it": "_rare._tcp.port.internal SRV 0 1",
        "region": filled("iad.one.internal"),
        "region, one is well": "iad.rest.internal AAAA 0 1",
        "region, SRV": f"_http._tcp.iad.one.internal SRV 0 {ANY}",
        "nearest": "top3.nearest.of.one.internal AAAA 0 3",
        "nearest, many regions": "top3.nearest.of.wide.internal AAAA 0 3",
        "nearest, SRV": f"_http._tcp.top3.nearest.of.one.internal SRV 0 {ANY}",
        "vm": f"i{last}.vm.one.internal AAAA 0 1",
        "group": filled("web.process.one.internal"),
        "group, other type": "web.process.one.internal A 0 0",
        "metadata": filled("usual.role.kv._metadata.one.internal", last),
        "metadata, other type": "usual.role.kv._metadata.one.internal A 0 0",
        "metadata, rare": "rare.role.kv._metadata.one.internal AAAA 0 1",
        "metadata, a key": "role.kv._metadata.one.internal AAAA 0 0",
        "vms": "vms.one.internal TXT 0 1",
        "vms, one is well": "vms.rest.internal TXT 0 1",
        "all.vms": "all.vms.rest.internal TXT 0 1",
        "regions": "regions.wide.internal TXT 0 1",
        "_apps": "_apps.internal TXT 0 1",
        "_instances": "_instances.internal TXT 0 1",
        "all._instances": "all._instances.internal TXT 0 1",
        "_peer, one is left": "_peer.internal TXT 0 1",
        "PEER._peer": f"p{last}._peer.internal AAAA 0 1",
        "_api": "_api.internal AAAA 0 1",
        "alias": filled("also.internal"),
        "export": "theirs.internal AAAA 0 1",
        "flycast": "one.flycast AAAA 0 1",
        "SERVER.apn": filled("db.apn"),
        "SERVER.apn, other type": "db.apn A 0 0",
        "SERVER.DOMAIN.apn": filled("db.one.apn"),
        "DOMAIN.apn": filled("one.apn"),
        "DOMAIN.apn, other type": "one.apn A 0 0",
        "reverse": f"{pointer} PTR 0 1",
        "above reverse names": f"{pointer.split('.', 4)[4]} PTR 0 0",
        "missing": f"a{last}x.internal AAAA 3 0",
    }


def set_rows(_):
    return {
        "group, SRV, one has it": "_rare._tcp.web.process.one.internal SRV 0 1",
        "group, SRV, nobody has it": "_none._tcp.web.process.one.internal SRV 3 0",
        "metadata, SRV, one has it":
            "_rare._tcp.usual.role.kv._metadata.one.internal SRV 0 1",
        "SERVER.apn, SRV, one has it": "_rare._tcp.db.apn SRV 0 1",
        "SERVER.apn, SRV, nobody has it": "_none._tcp.db.apn SRV 3 0",
        "SERVER.DOMAIN.apn, SRV, one has it": "_rare._tcp.db.a.b.apn SRV 0 1",
        "DOMAIN.apn, SRV, one has it": "_rare._tcp.a.b.apn SRV 0 1",
    }


def write_questions(folder, of=rows):
    """A file of each row and size; the paths, in their order."""
    paths = []
    for size in SIZES:
        asker = address(size, 1, 0)
        for n, question in enumerate(of(size).values()):
            paths.append(folder / f"{n}-{size}")
            paths[-1].write_text(f"{question} {asker}\n" * QUESTIONS)
    return paths
