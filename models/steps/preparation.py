"""What documents need in Xero before they are sent, such as contacts: the requests for it, and what becomes of the documents that wait."""
from __future__ import annotations

from typing import TYPE_CHECKING

from odoo import models

from ...exceptions import XeroRefused

if TYPE_CHECKING:
    from ...tools.xero_response import XeroAnswer
    from .slice import Slice


class Preparation:
    """Sends what documents need, in requests of its own kind (`Slice.preparers`), which the documents' exports wait for.

    `Sender` freezes and sends the requests, and calls the methods below with them.
    """

    def __init__(self, slice: Slice) -> None:
        """Prepare for a slice.

        :param Slice slice: the one that sends.
        """
        self.slice = slice
        self.connection = slice.connection
        self.env = slice.env

    def settle(self, request: models.BaseModel, answer: XeroAnswer) -> models.BaseModel:
        """Store the answer, and queue the documents that waited for it.

        :return: exports that failed with it.
        """
        raise NotImplementedError

    def decline_whole(self, request: models.BaseModel, error: XeroRefused) -> bool:
        """Do without what Xero refused, if it refused the whole body and the documents can go without.

        :param XeroRefused error: of the call.
        :return: whether they can.
        """
        raise NotImplementedError

    def follow_up(self) -> None:
        """Read again what an answer has shown to be outdated. Called after each answer; commits if it did anything."""
        raise NotImplementedError

    def reread(self) -> None:
        """Read from Xero what requests without an answer may have saved."""
        raise NotImplementedError

    def repeat(self, request: models.BaseModel) -> None:
        """Queue the documents of a request without an answer again, after `reread`."""
        raise NotImplementedError
