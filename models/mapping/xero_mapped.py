import re
from difflib import SequenceMatcher
from operator import itemgetter

from odoo import models
from odoo.fields import Domain

LIKENESS = 0.6      # of two names; a suggestion below it would be misleading
# Words of many names: two names that share only these are about different things
GENERAL_WORDS = frozenset((
    'account', 'accounts', 'charge', 'charges', 'cost', 'costs', 'expense', 'expenses', 'fee', 'fees', 'income', 'revenue', 'revenues', 'sale', 'sales'))


def _words(name):
    return re.findall(r'\w+', name.casefold())


def _specific(words):
    return ' '.join(word for word in words if word not in GENERAL_WORDS)


def _words_in_common(words, target_words):
    """Return the similarity of two names of which one has all words of the other, as a number below 1; else 0.

    What is specific goes into what is general, so the words of the target may stand anywhere in the name. The other way round, the target has to begin
    with the words of the name, which are not only general ones: “Expenses” are not “Legal expenses”, and “Sales” are not “Sales returns”.
    """
    is_general = set(target_words) <= set(words) and any(map(str.isalpha, target_words))
    is_beginning = words == target_words[:len(words)] and any(map(str.isalpha, words)) and (words == target_words or _specific(words))
    if not (is_general or is_beginning):
        return 0
    shorter, longer = sorted((len(''.join(words)), len(''.join(target_words))))
    return min(LIKENESS + (1 - LIKENESS) * shorter / longer, 0.99)


class XeroMapped(models.AbstractModel):
    """The contract of a mapped thing: one model for each kind of Odoo record that is mapped to something in Xero.

    `xero.mapping` keeps the decisions. Everything that differs between accounts, taxes, analytic accounts and journals is in
    `xero.mapped.<type>`, which `mapping._thing()` returns. The models hold no data: each method receives the mapping row.

    An add-on maps another thing with one file:

    1. It extends `xero.mapping`: `type` and, if needed, `use` by `selection_add` with `ondelete`, a Many2one to the Odoo record
       (`readonly=True, ondelete='cascade'`), and, unless an existing field serves, a Many2one to the reference data
       (`ondelete='set null'`) and a Many2one for its suggestion (`compute='_compute_suggestion'`).
    2. It declares `xero.mapped.<type>` with `_inherit = 'xero.mapped'`, sets the attributes below and overrides what differs.
       The target's model inherits `xero.reference.mixin` and has a `name`.
    3. Its kinds use the resolver that `_build` receives: `resolver.find('<type>', record)` returns the row, `row._problem()` returns
       why the row stops a document.
    """
    _name = 'xero.mapped'
    _description = "Record That Can Be Mapped to Xero"

    # === Required: field names of `xero.mapping` === #
    _source_field = None        # the Odoo record, or records
    _target_field = None        # the record in Xero
    _suggestion_field = None    # the most similar target
    # The cause of exports that fail because the row is not decided, one of `xero.export`
    _cause = None

    # === Optional === #
    # Fields, as paths from `xero.mapping`: those that `_describe` reads, those that `_target_domain` reads, and those of the target that it compares
    _source_depends = ()
    _domain_depends = ()
    _usable_depends = ()
    # Where targets can be created: the list of reference data (`REFERENCE_LISTS`), and its name in Xero's answer
    _reference_list = None
    _answer_list = None

    # === IN ODOO === #

    def _source_key(self, source, use):
        """Return the text that recognises the row of a source in a connection and company.

        :param source: records of the source field's model.
        :param str use: the purpose of the row, False if the target does not depend on it.
        """
        return str(source.id)

    def _prepare_source(self, source, use):
        """Return the values of a new row that name its source."""
        return {self._source_field: source.id, 'use': use}

    def _source_of(self, mapping):
        """Return the source of a row, in the form of `_source_key`."""
        return mapping[self._source_field]

    def _describe(self, mapping):
        """Return the name of the source for people."""
        return mapping[self._source_field].name

    def _likeness(self, mapping):
        """Return a hashable value that is equal for rows of other companies with a source that people would call the same."""
        return mapping.source_name

    def _note_use(self, mapping, use):
        """Adapt an existing row that is now needed for another use."""

    def _line_condition(self, mapping):
        """Return the SQL condition for the items (`line`, of `account_move_line`) that have the source; None if items do not show it."""

    # === IN XERO === #

    def _target_domain(self, mapping, connection):
        """Return the domain of the active targets of a connection that Xero accepts for the row."""
        return Domain.TRUE

    def _can_use(self, mapping, target):
        """Return whether Xero accepts a target for the row now."""
        return bool(target.filtered_domain(mapping._target_domain()))

    def _code_of(self, target):
        """Return the code by which people recognise a target in each organisation, False for an empty record."""
        return target[target._code_field]

    def _find_twin(self, mapping, connection, target):
        """Return the target in a connection that corresponds to one of another organisation, if the row may use it; else an empty record."""
        return mapping._find_target(connection, self._code_of(target))

    # === DECISIONS === #

    def _decide(self, mappings):
        """Set the targets that are certain without a person, by `mapping._set_target`. Leave the other rows as they are.

        :param mappings: rows of this type, of one connection and one company.
        """

    def _suggest(self, mapping, targets):
        """Return the target to suggest to a person, or an empty record.

        :param targets: the active ones that the row may use.
        """
        return self._most_similar(mapping.source_name, targets)

    def _suggestion_words(self, mapping, target):
        """Return, for people, why a target is suggested: a clause without a full stop."""
        return self.env._("Similar name")

    def _most_similar(self, name, targets, likeness=LIKENESS):
        """Return the target with the most similar name, or an empty record if none is similar enough.

        :param float likeness: the least similarity, from 0 to 1.
        """
        return max(self._similar(name, targets, likeness), key=itemgetter(0), default=(0, targets.browse()))[1]

    @staticmethod
    def _similar(name, targets, likeness=LIKENESS):
        """Yield pairs of a similarity and a target with a similar name.

        Names are similar by their letters, or because one has the words of the other: “Sales” for “Sales Product #1”, “Freight & Courier” for “Freight”.
        The letters of general words do not suffice: “Interest income” is not like “Freight income”.

        :param float likeness: the least similarity, from 0 to 1; 1 is the same name.
        """
        words = _words(name)
        # What a matcher knows of the second text is kept
        matcher, specific_matcher = SequenceMatcher(b=name.casefold()), SequenceMatcher(b=_specific(words))
        for target in targets:
            target_words = _words(target.name or '')
            matcher.set_seq1((target.name or '').casefold())
            ratio = _words_in_common(words, target_words)
            if matcher.real_quick_ratio() >= max(likeness, ratio) and matcher.quick_ratio() >= max(likeness, ratio):
                specific_matcher.set_seq1(_specific(target_words))
                if specific_matcher.ratio() >= likeness:     # 1 if both names have only general words
                    ratio = max(ratio, matcher.ratio())
            if ratio >= likeness:
                yield ratio, target

    def _on_decided(self, mappings):
        """React to decisions, after the documents that waited for them were released.

        :param mappings: rows of this type, of one connection.
        """

    # === PROBLEMS === #

    def _undecided_words(self, mapping, names):
        """Return, for people, a sentence that nothing has been chosen for the row, and the next step.

        :param dict names: `item` and `connection`.
        """
        return self.env._("%(item)s has no counterpart in Xero yet. Choose it in the mapping of %(connection)s.", **names)

    def _unusable_words(self, mapping, target):
        """Return, for people, why Xero does not accept an active target for the row: a clause without a full stop."""
        return self.env._("%(target)s cannot be used in Xero", target=target.display_name)

    def _use_problem(self, mapping, use):
        """Return why a decided row cannot be used for a purpose, as a `Problem`, or None.

        :param str use: as for `_source_key`.
        """

    # === CREATION IN XERO === #

    def _can_create(self, mapping):
        """Return whether a target for the row can be created in Xero."""
        return False

    def _prepare_creation(self, mapping, name):
        """Return the element to create, as JSON data with a `Name`.

        :param str name: at most `NAME_LENGTH` characters, cleaned.
        """
        raise NotImplementedError

    def _creation_request(self, mapping):
        """Return path and body (bytes) of the `PUT` that creates `mapping.creation`."""
        raise NotImplementedError

    def _creation_details(self, mapping, element):
        """Return, for people, a list of sentences about the element that would be created.

        :param dict element: from `_prepare_creation`.
        """
        raise NotImplementedError

    def _name_domain(self, mapping):
        """Return the domain of the targets whose names must differ."""
        return mapping._target_domain()

    def _is_wanted(self, mapping, target):
        """Return whether a target with the right name has the content that was to be created."""
        return True

    def _name_trouble(self, mapping, name):
        """Return, for people, why nothing can be created with this name. Empty if no reason is known."""
        return ''
