import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { ReferenceField, referenceField } from "@web/views/fields/reference/reference_field";

/** The target of a mapping row. The row names the list of Xero to choose from, and which of its records Xero would accept. */
export class XeroTargetField extends ReferenceField {
    get hideModelSelector() {
        return true;
    }

    getRelation() {
        return this.props.record.data.target_model;
    }

    get m2oProps() {
        return { ...super.m2oProps, domain: () => this.props.record.data.target_domain };
    }
}

registry.category("fields").add("xero_target", {
    ...referenceField,
    component: XeroTargetField,
    displayName: _t("Target in Xero"),
    supportedOptions: [],
    supportedTypes: ["reference"],
    fieldDependencies: [
        { name: "target_model", type: "char" },
        { name: "target_domain", type: "binary" },
    ],
});
