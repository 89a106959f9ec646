"""Streams by the dozen, random disconnects: the small size of bench/load.py."""

import asyncio
import unittest

from ferry import NAME, Server
from streams import Load


class LoadTest(unittest.TestCase):
    def test_streams_end_properly_and_nothing_is_left(self):
        # A pool that holds a few of them only, so that some are preempted.
        with Server("--max-running", "24", "--kv-cache", "2MiB", "--max-model-len", "512") as server:
            asyncio.run(self.load(server))
            self.assertEqual(server.stop(), 0)

    async def load(self, server):
        def new(requests, seed):
            return Load(server.port, NAME, streams=40, requests=requests, seed=seed)

        first = new(120, seed=1)
        await first.run()
        self.assertEqual(await first.given_back(), {})
        before = await first.number("process_resident_memory_bytes")
        second = new(240, seed=2)
        await second.run()
        self.assertEqual(await second.given_back(), {})
        after = await second.number("process_resident_memory_bytes")
        for load in (first, second):
            self.assertEqual(load.wrong, [])
            self.assertEqual(load.outcomes["refused"], 0)
            self.assertGreater(load.outcomes["done"], load.requests / 2)
            self.assertGreater(load.outcomes["left"], load.requests / 10)
        self.assertGreater(await second.number("vllm:num_preemptions_total"), 0)
        self.assertLess(after - before, 16 << 20)


if __name__ == "__main__":
    unittest.main()
