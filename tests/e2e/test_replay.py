"""Two minutes of a drawn hour's requests within seconds: the small size of bench/replay.py."""

import asyncio
import unittest

from ferry import NAME, Server
from hour import KEYS, Replay, Trace, process_at_rest


class ReplayTest(unittest.TestCase):
    def test_the_same_seed_draws_the_same(self):
        one, same, other = (Trace(seed, 60, 3).requests for seed in (1, 1, 2))
        self.assertEqual(one, same)
        self.assertNotEqual(one, other)
        self.assertTrue(100 < len(one) < 320, len(one))

    def test_every_answer_ends_as_it_should_and_nothing_is_left(self):
        settings = ("--max-running", "16", "--kv-cache", "12MiB", "--speculate", "ngram")
        with Server(*settings, env={"FERRY_API_KEY": ",".join(KEYS)}) as server:
            asyncio.run(self.replay(server))
            self.assertEqual(server.stop(), 0)

    async def replay(self, server):
        warm = Replay(server.port, NAME, Trace(1, 60, 4), 60, key=KEYS[0])
        await warm.run()
        self.assertEqual(warm.wrong, [])
        self.assertEqual(await warm.given_back(), {})
        before, files, threads = await process_at_rest(server.process.pid, 0, seconds=0.2)
        replay = Replay(server.port, NAME, Trace(2, 120, 4), 60, key=KEYS[0])
        await replay.run()
        self.assertEqual(replay.wrong, [])
        self.assertEqual(await replay.given_back(), {})
        after, files_after, threads_after = await process_at_rest(server.process.pid, files)
        asked = len(replay.trace.requests)
        self.assertEqual(replay.outcomes["turned away"], 0)
        self.assertGreater(replay.outcomes["done"], asked * 0.8)
        for outcome in ("left", "refused", "the same again"):
            self.assertGreater(replay.outcomes[outcome], 0, outcome)
        self.assertGreater(await replay.number("vllm:num_preemptions_total"), 0)
        self.assertGreater(await replay.number("vllm:prefix_cache_hits_total"), 0)
        self.assertEqual((files_after, threads_after), (files, threads))
        self.assertLess(after - before, 16 << 20)


if __name__ == "__main__":
    unittest.main()
