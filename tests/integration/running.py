"""What most suites stand on: one server per class."""
import unittest
from server import Server


class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0
