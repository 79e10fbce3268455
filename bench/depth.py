"""What a deep queue costs: CPU time of the server for each request, its memory, and the size of its file.

A standard queue is empty or deep, and a FIFO queue has few groups or many; each pair is measured side by side, in rounds.
"""

import concurrent.futures
import pathlib
import statistics
import time

GROUPS_FEW, GROUPS_MANY = 10, 100_000
MOST_STANDARD, MOST_FIFO = 1.3, 1.5
BATCH = 10
SENDERS = 8


def cpu_seconds(pid, ticks_per_second=100):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / ticks_per_second


def resident_mib(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4 / 1024


def file_mib(folder):
    return sum(path.stat().st_size for path in pathlib.Path(folder).glob("*.db*")) / 2**20


def fill(target, load, url, messages):
    load(target, "fill", "--queue-url", url, "--connections", 4, "--count", messages // BATCH)


def send_batches(make_client, url, entries):
    """Sends that many batches, made by entries(number), from several threads."""
    def send(numbers):
        sqs = make_client()
        for number in numbers:
            sqs.send_message_batch(QueueUrl=url, Entries=entries(number))

    def run(count):
        with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(send, [range(i, count, SENDERS) for i in range(SENDERS)]))

    return run


def fill_groups(make_client, url, groups):
    """One message in each group."""
    def entries(number):
        return [{"Id": str(i), "MessageBody": "x", "MessageGroupId": f"g{number * BATCH + i}",
                 "MessageDeduplicationId": f"fill{number * BATCH + i}"} for i in range(BATCH)]

    send_batches(make_client, url, entries)(groups // BATCH)


def fifo_cycle_us(pid, sqs, url, groups, cycles, tag):
    """CPU time of a send, a receive and a delete together."""
    began = cpu_seconds(pid)
    for i in range(cycles):
        sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId=f"g{i % groups}", MessageDeduplicationId=f"{tag}-{i}")
        [message] = sqs.receive_message(QueueUrl=url)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return (cpu_seconds(pid) - began) / cycles * 1e6


def measure_fifo(target, make_client, rounds, cycles):
    """Rows of the table: groups and µs."""
    sqs, urls = make_client(), {}
    for groups in (GROUPS_FEW, GROUPS_MANY):
        urls[groups] = sqs.create_queue(QueueName=f"groups-{groups}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        fill_groups(make_client, urls[groups], groups)
    found = {groups: [] for groups in urls}
    for round_ in range(rounds):
        for groups, url in urls.items():
            found[groups].append(fifo_cycle_us(target.pid, sqs, url, groups, cycles, f"{groups}-{round_}"))
    return {groups: statistics.median(values) for groups, values in found.items()}


def measure_standard(target, make_client, load, rounds, depth, count):
    """CPU µs of a send, and of a receive with a delete, on an empty queue and on a deep one."""
    sqs = make_client()
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("empty", "deep")}
    memory = [resident_mib(target.pid)]
    fill(target, load, urls["deep"], depth)
    memory.append(resident_mib(target.pid))
    found = {}
    for _ in range(rounds):
        for name, url in urls.items():
            for operation in ("send", "receive-delete"):
                if operation == "receive-delete" and name == "empty":
                    fill(target, load, url, count)
                result = load(target, operation, "--queue-url", url, "--connections", 16, "--count", count)
                found.setdefault((name, operation), []).append(result["cpu_us"] / result["requests"])
    return {key: statistics.median(values) for key, values in found.items()}, memory


def file_sizes(target, make_client, load, depth):
    """MiB: with a deep queue, and with as many messages again after a purge has ended."""
    sqs = make_client()
    url = sqs.get_queue_url(QueueName="deep")["QueueUrl"]
    sizes = [file_mib(target.server.data)]
    sqs.purge_queue(QueueUrl=url)
    quiet = cpu_seconds(target.pid)
    while True:  # until the rows are removed: the server is idle
        time.sleep(2)
        now = cpu_seconds(target.pid)
        if now - quiet < 0.1:
            break
        quiet = now
    fill(target, load, url, depth)
    return sizes + [file_mib(target.server.data)]


def rows(target, make_client, load, options):
    """The rows of the table, and the problems: ratios above what is allowed."""
    costs, memory = measure_standard(target, make_client, load, options.rounds, options.depth, 20_000)
    fifo = measure_fifo(target, make_client, options.rounds, 2_000)
    sizes = file_sizes(target, make_client, load, options.depth)
    found, problems = [], []

    def add(what, small, large, unit, most=None):
        ratio = large / small
        found.append([what, f"{small:.1f} {unit}", f"{large:.1f} {unit}", f"{ratio:.2f}"])
        if most and ratio > most:
            problems.append(f"{what}: {ratio:.2f} times, more than {most}")

    for operation in ("send", "receive-delete"):
        add(f"{operation}, empty → {options.depth:,} messages", costs["empty", operation], costs["deep", operation], "µs",
            MOST_STANDARD)
    add(f"FIFO send, receive, delete, {GROUPS_FEW} → {GROUPS_MANY:,} groups", fifo[GROUPS_FEW], fifo[GROUPS_MANY], "µs", MOST_FIFO)
    add(f"resident memory, empty → {options.depth:,} messages", *memory, "MiB")
    add("file, deep → purged and filled again", *sizes, "MiB")
    return found, problems
