import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** The number of a document in Xero as a link that opens it there, in a new tab. */
export class XeroLinkField extends Component {
    static template = "account_xero.LinkField";
    static props = { ...standardFieldProps };

    get url() {
        return this.props.record.data.xero_url;
    }

    get text() {
        return this.props.record.data[this.props.name] || _t("Open in Xero");
    }
}

registry.category("fields").add("xero_link", {
    component: XeroLinkField,
    displayName: _t("Link to Xero"),
    supportedTypes: ["char"],
    fieldDependencies: [{ name: "xero_url", type: "char" }],
});
