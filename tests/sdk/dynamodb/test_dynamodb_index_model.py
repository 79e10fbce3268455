"""Secondary indexes beside the model: random tables, items, index changes and restarts.

An index equals its table's scan, whatever was written while it was being filled, and over kills.
"""

import pytest
from dynamodb_model import World

FIRST_ITEMS, ROUNDS, WRITES, MOST_INDEXES = 450, 8, 60, 4


class ChangingIndexes(World):
    def change_indexes(self):
        if len(self.indexes) < MOST_INDEXES:
            index = self.new_index()
            change = {"Create": index.definition()}
            self.indexes.append(index)
        else:
            index = self.indexes.pop(self.dice.randrange(1, len(self.indexes)))
            change = {"Delete": {"IndexName": index.name}}
        self.dynamodb.update_table(
            TableName="model",
            AttributeDefinitions=self.definitions(index.keys),
            GlobalSecondaryIndexUpdates=[change],
        )


@pytest.mark.parametrize("seed", range(2))
def test_an_index_always_equals_its_tables_scan(seed):
    world = ChangingIndexes(seed)
    try:
        for _ in range(FIRST_ITEMS):
            world.put()
        for _ in range(ROUNDS):
            world.change_indexes()
            if world.dice.random() < 0.3:
                world.restart()
            for _ in range(WRITES):
                world.dice.choice([world.put, world.put, world.update, world.update, world.delete])()
            if world.dice.random() < 0.2:
                world.restart()
            world.check()
        world.server.stop()
    finally:
        world.close()
