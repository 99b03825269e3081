"""What stands still and what does not answer, in a shop's words: for alarms and for the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Said:
    """The same in each language."""

    zh: str
    en: str


# What a task does, by its handler.
DOING: Mapping[str, Said] = {
    "aftersales.brought": Said("退货到交接台：登记", "Goods came back to the counter: book them"),
    "aftersales.cancelled": Said("门店已停止：退款", "The shop has stopped: give the money back"),
    "aftersales.decision_due": Said("顾客回复期限已到", "The time to answer a question is over"),
    "aftersales.inspected": Said("退货已验收", "Goods that came back were inspected"),
    "aftersales.late_payment": Said("退回订单不需要的款项", "Give money back that the order does not need"),
    "aftersales.refused": Said("顾客拒收包裹", "Bags were refused at the door"),
    "aftersales.sealed": Said("打包完成：发起退款", "The order is packed: let its refund go"),
    "aftersales.shortage": Said("商品缺货：开售后单", "Goods are missing: open a case"),
    "aftersales.tell": Said("告知顾客缺货结果", "Tell the customer what is missing"),
    "aftersales.tell_sealed": Said(
        "打包后告知顾客缺货结果", "Tell the customer what is missing, at the seal"
    ),
    "aftersales.voided": Said("全部缺货：全额退款", "Everything is missing: give all money back"),
    "catalog.stockout": Said("经常缺货的商品下架", "Take goods off sale that are missed too often"),
    "delivery.call_off": Said("不再取回商品", "Nobody fetches the goods any more"),
    "delivery.fetch": Said("安排骑手取回商品", "Let a rider fetch goods"),
    "delivery.recalled": Said("请骑手送回订单", "Ask the rider to bring the order back"),
    "dispatch.ask_expert": Said("请专家复核", "Ask an expert to look again"),
    "dispatch.cancel": Said("停止门店作业", "Stop the shop's work on an order"),
    "dispatch.decision_over": Said("无回复，继续作业", "Go on without the customer's answer"),
    "dispatch.hand_out": Said("派发任务", "Offer work to people"),
    "dispatch.join": Said("任务并入进行中的波次", "Add a ticket to a tour under way"),
    "dispatch.offer_expire": Said("派单过期", "An offer has run out"),
    "dispatch.order_expired": Said(
        "释放未付款订单的产能", "Free the time kept for an order that was not paid"
    ),
    "dispatch.order_paid": Said("为已付款订单建履约单", "Open the shop's work on a paid order"),
    "dispatch.plan": Said("分配任务", "Decide who gets what"),
    "dispatch.plan_apart": Said("单独进程分配任务", "Decide who gets what, beside the server"),
    "dispatch.predict": Said("预计完成时间", "Predict when orders will be ready"),
    "dispatch.session": Said("员工登录或退出", "Somebody has signed in or out"),
    "dispatch.shop_state": Said("门店开关业", "The shop has opened or closed"),
    "dispatch.shortage_decided": Said(
        "缺货处理结果通知现场", "Tell the floor what was decided of missing goods"
    ),
    "messages.deliver": Said("发送消息", "Send a message"),
    "orders.cancel_refused": Said("商品已离店：订单继续", "The goods had left already: the order goes on"),
    "orders.cancelled": Said("门店已停止：取消订单", "The shop has stopped: the order is being cancelled"),
    "orders.copy": Said("更新订单视图", "Copy orders for lists and search"),
    "orders.delay_predicted": Said("告知顾客延迟", "Tell the customer of a delay"),
    "orders.delivered": Said("订单已送达", "The order was delivered"),
    "orders.empty_cart": Said("清空已下单的购物车", "Empty the cart that was ordered"),
    "orders.expire": Said("付款期限已到", "The time to pay is over"),
    "orders.give_up": Said("顾客未选择等待", "The customer did not say that they wait"),
    "orders.held_back": Said("询问顾客是否等待开业", "Ask customers whether they wait for the shop to open"),
    "orders.progress": Said("更新订单进度", "Take over how far the shop is"),
    "orders.refunded": Said("退款到账", "Money has gone back"),
    "orders.resume": Said("继续未完成的下单", "Go on with an order that was placed half"),
    "orders.tell_slip": Said("告知顾客新的时间", "Tell the customer of a new time"),
    "orders.voided": Said("全部缺货：结束订单", "Everything is missing: end the order"),
    "payments.ask_more": Said("继续查询渠道", "Ask the channel about what is still silent"),
    "payments.query": Said("向渠道查询付款", "Ask the channel about a payment"),
    "payments.refund": Said("向渠道发起退款", "Ask the channel to pay back"),
    "picking.customer_decided": Said("顾客已决定：通知拣货", "The customer has decided: tell the picker"),
    "picking.look_over": Said("复核结束", "A second look is over"),
    "picking.shelf_counted": Said("货架已盘点", "A shelf was counted"),
    "picking.shelf_to_count": Said("安排盘点货架", "Let a shelf be counted"),
    "picking.warn_others": Said("提醒其他需要该商品的任务", "Warn others who need the same goods"),
    "reports.complained": Said("统计投诉", "Count a complaint"),
    "stock.cancelled": Said("释放已取消订单的预占", "Free what a cancelled order had reserved"),
    "stock.handed_over": Said("离店出库", "Book out what left the shop"),
    "stock.not_empty": Said("货架与账面不符", "A shelf is not as empty as the books say"),
    "stock.put_back": Said("归位或报损入账", "Book goods back or as waste"),
    "stock.quarantined": Said("商品隔离", "Set goods aside"),
    "stock.shelf_counted": Said("盘点入账", "Book what was counted"),
    "stock.stockout": Said("缺货入账", "Book what is missing"),
    "stock.voided": Said("释放空订单的预占", "Free what an order without goods had reserved"),
    "store.reopen": Said("到时恢复营业", "Open the shop again at its time"),
    "webhooks.deliver": Said("推送事件", "Tell another program of an event"),
}
# What is outside the house, by its dependency, and what its silence means for the shop.
OUTSIDE: Mapping[str, Said] = {
    "redis": Said("购物车（Redis）", "Carts (Redis)"),
    "sms": Said("短信", "Short messages"),
    "email": Said("邮件", "E-mail"),
    "webhooks": Said("推送给其他程序", "Events for other programs"),
}
WITHOUT: Mapping[str, Said] = {
    "redis": Said("无法下新单", "nobody can order"),
    "sms": Said("顾客无法登录，通知延后", "nobody can sign in by phone, and what was to be told waits"),
    "email": Said("邮件延后", "letters wait"),
    "webhooks": Said("其他程序延后收到", "other programs hear later"),
}
CHANNEL = "pay_"  # how the dependency of a payment channel begins; the rest is the channel's name
# What a case, a refund, a ticket or a message waits for, by its state, stage or channel.
WAITING: Mapping[str, Said] = {
    "audit": Said("等待裁定", "to be decided"),
    "approved": Said("等待第二人同意", "a second person has to agree"),
    "returning": Said("等待退货取回或验收", "goods to be fetched or inspected"),
    "requested": Said("支付渠道未答复", "its channel has not answered"),
    "other_means": Said("等待第二人同意", "a second person has to agree"),
    "paid_twice": Said("重复到账", "the money came back twice"),
    "picking": Said("拣货", "picking"),
    "prep": Said("厨房", "kitchen"),
    "packing": Said("打包", "packing"),
    "handoff": Said("交接台", "counter"),
    "delivery": Said("配送", "delivery"),
    "sms": Said("短信", "by short message"),
    "email": Said("邮件", "by e-mail"),
}


def doing(handler: str) -> dict[str, str] | None:
    """What a task's handler does, in each language; None of one that somebody plugged in."""
    return asdict(DOING[handler]) if handler in DOING else None


def outside(name: str) -> Said:
    """What a dependency is called: a payment channel by its own name."""
    if name.startswith(CHANNEL):
        return Said(f"支付渠道 {name.removeprefix(CHANNEL)}", f"Payment channel {name.removeprefix(CHANNEL)}")
    return OUTSIDE.get(name, Said(name, name))


def without(name: str) -> Said:
    """What the silence of a dependency means for the shop."""
    if name.startswith(CHANNEL):
        return Said("顾客无法付款，退款等待", "nobody can pay, and refunds wait")
    return WITHOUT.get(name, Said("依赖它的功能等待", "what needs it waits"))
