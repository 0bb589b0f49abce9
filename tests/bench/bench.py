"""What an answer costs: ours, its peers', and bare UDP's.

    bench.py [--quick] [--only NAME,...] [--parts PART,...]

--quick is for work on the code: fewer and shorter rounds, no report.  The
report goes into docs/performance.md.
"""

import argparse
import json
import sys

import bench_points
import data
import servers
from measure import (DATA, WORK, in_own_network, loaded, machine, median,
                     publish, table, total, user_share, warm)

FIXED_RATE = 20_000


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="servers' names")
    parser.add_argument("--parts", default="mix,points")
    return parser.parse_args()


def chosen(classes, only):
    names = [name.strip() for name in only.split(",") if name.strip()]
    return [c for c in classes if not names or c.name in names]


def start_all(classes, main_set):
    started = []
    for class_ in classes:
        server = class_(main_set)
        server.fresh()
        server.start()
        started.append(server)
    return started


def questions_for(server):
    return server.data / ("questions-sources" if server.sources
                          else "questions")


def measure_mix(running, rounds, seconds):
    """Each server in turn, several rounds: runs by the server's name."""
    full = {server.name: [] for server in running}
    fixed = {server.name: [] for server in running}
    for server in running:
        warm(server, questions_for(server))
    for _ in range(rounds):
        for server in running:
            questions = questions_for(server)
            full[server.name].append(loaded(server, questions,
                                            seconds=seconds))
            fixed[server.name].append(loaded(server, questions,
                                             seconds=seconds,
                                             rate=FIXED_RATE))
    return full, fixed


def floor_of(server, full):
    floor = servers.EchoWildcard if server.sources else servers.Echo
    return median(full[floor.name], "cost") if floor.name in full else None


def mix_row(server, full, fixed):
    runs, steady = full[server.name], fixed[server.name]
    cost, share = median(runs, "cost"), user_share(runs)
    floor = floor_of(server, full)
    return [
        f"{server.name} {server.version()}".strip(),
        f"{cost:.2f}",
        f"{cost * share:.2f}",
        f"{cost * (1 - share):.2f}",
        f"{cost / floor:.2f}" if floor else "",
        f"{median(runs, 'rate'):,.0f}",
        f"{median(runs, 'busy') * 100:.0f} %",
        total(runs, "lost") + total(steady, "lost"),
        total(runs, "wrong") + total(steady, "wrong"),
        f"{median(steady, 'p50'):.0f}",
        f"{median(steady, 'p99'):.0f}",
        f"{median(steady, 'p999'):.0f}",
    ]


MIX_HEAD = ["", "µs a query", "user", "system", "times the floor",
            "answers/s", "busy", "lost", "wrong", "p50 µs", "p99 µs",
            "p99.9 µs"]


def ratio_rows(full):
    """How many times our cost each peer takes."""
    ours = median(full[servers.Dnsd.name], "cost")
    return [[class_.name, f"{median(full[class_.name], 'cost') / ours:.2f}"]
            for class_ in servers.PEERS if class_.name in full]


def mix_text(running, full, fixed, rounds, seconds):
    parts = [
        f"{machine()}; {rounds} rounds of {seconds:g} s each, medians.",
        table(MIX_HEAD, [mix_row(s, full, fixed) for s in running]),
    ]
    if servers.Dnsd.name in full and ratio_rows(full):
        parts.append("Cost of a query against ours:")
        parts.append(table(["peer", "times dnsd"], ratio_rows(full)))
    return "\n\n".join(parts)


def run_mix(args):
    rounds, seconds = (2, 1.0) if args.quick else (11, 1.0)
    main_set = data.main_set(DATA)
    classes = chosen(servers.FLOORS + servers.OURS + servers.PEERS, args.only)
    running = []
    try:
        running = start_all(classes, main_set)
        for server in running:
            if not server.echo:
                servers.wait_for_answer(server,
                                        (main_set / "first").read_text())
        full, fixed = measure_mix(running, rounds, seconds)
    finally:
        for server in running:
            server.stop()
    (WORK / "mix.json").write_text(json.dumps([full, fixed]))
    return mix_text(running, full, fixed, rounds, seconds)


def main():
    args = arguments()
    in_own_network()
    parts = args.parts.split(",")
    for name, run in (("mix", run_mix), ("points", bench_points.run)):
        if name not in parts:
            continue
        text = run(args)
        if args.quick or args.only:
            print(text)
        else:
            publish(name, text)


if __name__ == "__main__":
    sys.exit(main())
