"""Money: what dealers owe and have paid, and what may not go on before it is paid.

Words   receipt 收款, refund 退款, reversal 冲销, allocation 核销, prepayment 预收款, charge 应收变动, receivable 应收,
        statement 对账单, terms 结算条款, deposit 定金, balance 尾款, gate 放行条件, waiver 特批放行
States  none: nothing here is ever edited. A wrong receipt or refund is reversed by another row; an order that is
        put back or cancelled takes its charge back by another charge
Calls   erp.sales: orders, their agreed amounts and their lock; erp.parties: dealers
Hears   AmountChanged of erp.sales: the order is charged with the difference
Asked   by mes before a release (deposit, credit limit) and at the load scan (balance, E13)
Rule    every figure is a sum of rows. An order's open amount is its charges less what is allocated to it; a dealer's
        balance is his charges less his receipts; open amounts less prepayments give that same balance
"""
