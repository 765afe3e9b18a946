import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Many2One } from "@web/views/fields/many2one/many2one";
import { ReferenceField, referenceField } from "@web/views/fields/reference/reference_field";
import { Many2XAutocomplete } from "@web/views/fields/relational_utils";

/** Opens as soon as the empty field has the focus, so that Enter takes what is suggested and the next Enter goes to the next row. */
export class XeroTargetAutoComplete extends AutoComplete {
    static props = { ...AutoComplete.props, opensOnFocus: { type: Boolean, optional: true } };

    onInputFocus() {
        super.onInputFocus(...arguments);
        if (this.props.opensOnFocus && !this.props.value && !this.isOpened) {
            this.openedByFocus = true;
            this.open(false);
        }
    }

    onInputClick() {
        // The click that gave the focus must not close what the focus has opened
        if (this.openedByFocus && this.isOpened) {
            this.openedByFocus = false;
            return;
        }
        super.onInputClick(...arguments);
    }

    externalClose(ev) {
        // The list scrolls to a row that gets the focus
        if (ev.type !== "scroll" || !this.openedByFocus) {
            super.externalClose(...arguments);
        }
    }

    close() {
        this.openedByFocus = false;
        super.close(...arguments);
    }
}

/** Shows the suggestion of the row first while nothing is typed. */
export class XeroTargetMany2XAutocomplete extends Many2XAutocomplete {
    static components = { ...Many2XAutocomplete.components, AutoComplete: XeroTargetAutoComplete };
    static props = { ...Many2XAutocomplete.props, suggested: { type: Object, optional: true } };

    get autoCompleteProps() {
        return { ...super.autoCompleteProps, opensOnFocus: Boolean(this.props.suggested) };
    }

    async search(name) {
        const records = await super.search(...arguments);
        const { suggested } = this.props;
        return name || !suggested ? records : [suggested, ...records.filter(({ id }) => id !== suggested.id)];
    }

    buildRecordSuggestion(request, record) {
        const suggestion = super.buildRecordSuggestion(...arguments);
        const isSuggested = !request && record.id === this.props.suggested?.id;
        return isSuggested ? { ...suggestion, cssClass: "o_xero_suggested fw-bold" } : suggestion;
    }
}

export class XeroTargetMany2One extends Many2One {
    static components = { ...Many2One.components, Many2XAutocomplete: XeroTargetMany2XAutocomplete };
    static props = { ...Many2One.props, suggested: { type: Object, optional: true } };

    get many2XAutocompleteProps() {
        return { ...super.many2XAutocompleteProps, suggested: this.props.suggested };
    }
}

/** The target of a mapping row. The row names the list of Xero to choose from, which of its records Xero would accept, and perhaps a suggestion. */
export class XeroTargetField extends ReferenceField {
    static template = "account_xero.XeroTargetField";
    static components = { ...ReferenceField.components, Many2One: XeroTargetMany2One };

    get hideModelSelector() {
        return true;
    }

    /** Where a cell that is not edited looks like one that cannot be, this says that a click on it starts the choice. */
    get invitation() {
        const { name, placeholder, readonly, record } = this.props;
        return readonly && record.data.can_decide && !record.data[name] ? placeholder : "";
    }

    getRelation() {
        return this.props.record.data.target_model;
    }

    get m2oProps() {
        const { suggested_id, suggestion, target_domain } = this.props.record.data;
        return {
            ...super.m2oProps,
            domain: () => target_domain,
            suggested: suggested_id ? { id: suggested_id, display_name: suggestion } : undefined,
        };
    }
}

registry.category("fields").add("xero_target", {
    ...referenceField,
    component: XeroTargetField,
    displayName: _t("Target in Xero"),
    supportedOptions: [],
    supportedTypes: ["reference"],
    fieldDependencies: [
        { name: "suggested_id", type: "integer" },
        { name: "suggestion", type: "char" },
        { name: "target_model", type: "char" },
        { name: "target_domain", type: "binary" },
    ],
});
