import logging
import threading

from odoo.addons.account_xero.tools.quiet import mute_logger_in_thread
from odoo.tests import BaseCase, tagged

LOGGER = logging.getLogger('account_xero.test_quiet')


@tagged('post_install', '-at_install')
class TestQuiet(BaseCase):

    def test_this_thread_is_not_heard_and_others_are(self):
        with self.assertLogs(LOGGER, logging.ERROR) as heard:
            with mute_logger_in_thread(LOGGER.name):
                LOGGER.error("here")
                other = threading.Thread(target=LOGGER.error, args=("elsewhere",))
                other.start()
                other.join()
            LOGGER.error("afterwards")
        self.assertEqual([record.getMessage() for record in heard.records], ["elsewhere", "afterwards"])

    def test_heard_again_after_an_exception(self):
        with self.assertLogs(LOGGER, logging.ERROR) as heard:
            with self.assertRaises(ZeroDivisionError), mute_logger_in_thread(LOGGER.name):
                1 / 0
            LOGGER.error("afterwards")
        self.assertEqual(len(heard.records), 1)
