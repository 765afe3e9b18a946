import { Component, onWillStart, onWillUpdateProps, reactive, useEffect, useState } from "@odoo/owl";
import { Domain } from "@web/core/domain";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";

const FAILED = [["state", "=", "failed"]];

/** The ids of exports whose documents a person opened to correct them. It outlives the list, to which the person comes back. */
export const opened = reactive({ ids: [] });

/**
 * One button for each cause of the failed documents that are selected, or of all that are listed: it opens what fixes them.
 *
 * Decisions of the mapping send their documents. Documents that were opened for another cause are sent again by a button that waits here.
 */
export class ExportFixes extends Component {
    static template = "account_xero.ExportFixes";
    static props = { list: Object };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.opened = useState(opened);
        this.state = useState({ fixes: [], selected: "" });
        onWillStart(() => this.load());
        onWillUpdateProps(() => this.load());
        useEffect(
            (selected) => {
                if (selected !== this.state.selected) {
                    this.load();
                }
            },
            () => [this.selected]
        );
    }

    /** @returns {string} what is selected, to notice that it changes */
    get selected() {
        const { list } = this.props;
        return list.isDomainSelected ? "all" : list.selection.map((record) => record.resId).join();
    }

    get domain() {
        const { list } = this.props;
        const ids = list.isDomainSelected ? [] : list.selection.map((record) => record.resId);
        return ids.length ? [["id", "in", ids]] : list.domain;
    }

    async load() {
        const { domain, selected } = this;
        const [fixes, stillFailed] = await this.keepLast.add(
            Promise.all([
                this.orm.call("xero.export", "get_fixes", [domain]),
                this.opened.ids.length ? this.orm.search("xero.export", [["id", "in", this.opened.ids], ...FAILED]) : [],
            ])
        );
        Object.assign(this.state, { fixes, selected });
        this.opened.ids = stillFailed;
    }

    async fix({ cause, is_sent }) {
        const domain = Domain.and([this.domain, FAILED, [["cause", "=", cause]]]).toList();
        const action = await this.orm.call("xero.export", "action_fix_cause", [cause, domain]);
        if (!is_sent) {
            this.opened.ids = await this.orm.search("xero.export", domain);
        }
        await this.action.doAction(action);
    }

    async ask({ cause }) {
        await this.action.doAction(await this.orm.call("xero.export", "action_ask_cause", [cause, this.domain]));
    }

    async sendAgain() {
        const action = await this.orm.call("xero.export", "action_resync", [this.opened.ids]);
        this.forget();
        await this.action.doAction(action);
    }

    forget() {
        this.opened.ids = [];
    }
}
