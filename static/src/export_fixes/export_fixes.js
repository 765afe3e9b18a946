import { Component, onWillStart, onWillUpdateProps, reactive, useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Domain } from "@web/core/domain";
import { _t } from "@web/core/l10n/translation";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { PROGRESS } from "../follow/follow_dialog";
import { slowing, usePolling } from "../follow/polling_hook";

const FAILED = [["state", "=", "failed"]];

const KEPT = "account_xero.opened_exports";
const QUICK = 1000; // milliseconds

/** The ids of exports whose documents a person opened to correct them. It outlives the list, to which the person comes back, and the page. */
export const opened = reactive({ ids: JSON.parse(browser.sessionStorage.getItem(KEPT) || "[]") });

/**
 * One button for each cause of the failed documents that are selected, or of all that are listed: it opens what fixes them.
 *
 * Decisions of the mapping send their documents. Documents that were opened for another cause are sent again by a button that waits here.
 * What the person sent again and has no outcome yet is counted here, also after the page was loaded again: the server knows it.
 */
export class ExportFixes extends Component {
    static template = "account_xero.ExportFixes";
    static props = { list: Object };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.opened = useState(opened);
        this.state = useState({ fixes: [], selected: "", asked: [] });
        onWillStart(() => this.load());
        onWillUpdateProps(() => this.load());
        const wait = usePolling(
            () => this.look(),
            () => slowing(this.since, QUICK)
        );
        useEffect(
            (isAsked) => {
                if (isAsked) {
                    this.since = Date.now();
                    wait();
                }
            },
            () => [this.state.asked.length > 0]
        );
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
        const [fixes, asked, stillFailed] = await this.keepLast.add(
            Promise.all([
                this.orm.call("xero.export", "get_fixes", [domain]),
                this.orm.call("xero.export", "get_asked", []),
                this.opened.ids.length ? this.orm.search("xero.export", [["id", "in", this.opened.ids], ...FAILED]) : [],
            ])
        );
        Object.assign(this.state, { fixes, selected, asked });
        this.keep(stillFailed);
    }

    /** Looks whether what the person sent again has an outcome; then the list loads again. Returns whether to look again. */
    async look() {
        if (document.visibilityState === "visible") {
            const asked = await this.orm.silent.call("xero.export", "get_asked", []);
            const isChanged = asked.join() !== this.state.asked.join();
            this.state.asked = asked;
            if (isChanged) {
                this.env.bus.trigger(PROGRESS);
            }
        }
        return this.state.asked.length > 0;
    }

    showProgress() {
        return this.action.doAction({
            type: "ir.actions.client",
            tag: "account_xero_follow",
            name: _t("Export to Xero"),
            target: "new",
            params: { export_ids: this.state.asked },
        });
    }

    keep(ids) {
        this.opened.ids = ids;
        browser.sessionStorage.setItem(KEPT, JSON.stringify(ids));
    }

    async fix({ cause, is_sent }) {
        const domain = Domain.and([this.domain, FAILED, [["cause", "=", cause]]]).toList();
        const action = await this.orm.call("xero.export", "action_fix_cause", [cause, domain]);
        if (!is_sent) {
            this.keep(await this.orm.search("xero.export", domain));
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
        this.keep([]);
    }
}
