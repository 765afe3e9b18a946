import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { nbsp } from "@web/core/utils/strings";
import { formatMonetary } from "@web/views/fields/formatters";
import { MonetaryField, monetaryField } from "@web/views/fields/monetary/monetary_field";

/** An amount to read. In a currency that is not the company's it has the code, because several currencies share one symbol. */
export class XeroMoneyField extends MonetaryField {
    get formattedValue() {
        if (!this.props.readonly || !this.currency || this.currencyId === user.activeCompany?.currency_id) {
            return super.formattedValue;
        }
        const amount = formatMonetary(this.value, { digits: this.currencyDigits, currencyId: this.currencyId, noSymbol: true });
        return `${this.currency.name}${nbsp}${amount}`;
    }
}

registry.category("fields").add("xero_money", { ...monetaryField, component: XeroMoneyField });
