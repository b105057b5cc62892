"""Random edits: they make right books, others than before, and the same ones again."""

import tempfile
import unittest
from pathlib import Path

import features
import randombook
from bookedits import edit
from dice import Dice
from editablebook import EditableBook


class Edits(unittest.TestCase):
    def test_of_random_books(self):
        said = []
        for seed in range(12):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / 'book.yaml'
                randombook.make(seed, 1, folder, features.SUBSETS['whole'])
                book = EditableBook.read(path)
                self.assertTrue(book.is_right())
                edited, words = edit(book, Dice(seed))
                self.assertTrue(edited.is_right())
                self.assertNotEqual(edited, book)
                self.assertEqual(EditableBook.read(path), book, 'the book itself stays')
                self.assertEqual(edit(book, Dice(seed)), (edited, words))
                self.assertEqual([edited.top[key] for key in ('usage', 'meters')],
                                 [book.top[key] for key in ('usage', 'meters')])
                edited.write(path.with_name('fixed.yaml'), Dice(seed))
                self.assertEqual(EditableBook.read(path.with_name('fixed.yaml')), edited)
                said += words
        self.assertEqual(len(set(said)), len(said))

    def test_a_wrong_book_is_none(self):
        book = EditableBook({'rerate': '1', 'currency': 'USD', 'usage': {'account': 'a', 'timestamp': 't'},
                             'meters': {}}, [{'account': 'acme', 'plan': 'no such', 'start': '2025-01-01'}],
                            {})
        self.assertFalse(book.is_right())


if __name__ == '__main__':
    unittest.main()
