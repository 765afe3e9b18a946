import { registry } from "@web/core/registry";
import { BadgeField, badgeField } from "@web/views/fields/badge/badge_field";

export const COLORS = {
    waiting: "info",
    sending: "info",
    uncertain: "warning",
    failed: "danger",
    different: "warning",
    synced: "success",
    paid: "success",
    draft: "primary",
    submitted: "primary",
};

/**
 * The state of an export, as what became of the document in Xero: *Paid* or *Voided* instead of *Synced*. The hint says why.
 *
 * It stands on the stored state, by which lists are sorted. The view also has the fields that the options `shown` and `hint` name.
 */
export class XeroStateBadge extends BadgeField {
    static template = "account_xero.StateBadge";
    static props = { ...BadgeField.props, shown: String, hint: String };

    get shown() {
        return this.props.record.data[this.props.shown] || this.props.record.data[this.props.name];
    }

    get formattedValue() {
        const { selection } = this.props.record.fields[this.props.shown];
        return selection.find(([value]) => value === this.shown)?.[1] || super.formattedValue;
    }

    get badgeClass() {
        return COLORS[this.shown] ? `text-bg-${COLORS[this.shown]}` : "text-bg-300";
    }

    get title() {
        return this.props.record.data[this.props.hint] || undefined;
    }
}

registry.category("fields").add("xero_state_badge", {
    ...badgeField,
    component: XeroStateBadge,
    supportedTypes: ["selection"],
    extractProps: ({ options }) => ({ shown: options.shown || "shown_state", hint: options.hint || "state_hint" }),
});
