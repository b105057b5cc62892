"""Random choices in whole numbers: the same seed gives the same book."""

import random


class Dice(random.Random):
    def chance(self, percent):
        return self.randrange(100) < percent

    def some(self, things, least=0):
        """A random part of things, in their order."""
        chosen = self.sample(range(len(things)), self.randint(min(least, len(things)), len(things)))
        return [things[i] for i in sorted(chosen)]

    def decimal(self, digits, places):
        whole = self.randrange(10**self.randint(1, digits))
        n = self.randint(0, places)
        return f'{whole}.{self.randrange(10**n):0{n}}' if n else str(whole)
