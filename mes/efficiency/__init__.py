"""Efficiency: the five figures of the "6250" retrofit, from recorded events and nothing else.

Words   figure 指标, numerator 分子, denominator 分母, baseline 基线, evidence 证据, intercept rate 拦截率
        M1 拆单效率, M2 仓储管理效率, M3 设备利用效率, M4 成品打包准确率, M5 装箱发运准确率
Rule    a figure whose source does not exist says "0 of n" and names what is missing: no proxy, no sample
        number; ">99 %" is said only with the evidence that a one-sided 95 % Clopper–Pearson bound asks for
Reads   core.activity, erp.sales, erp.stock, mes.scanning, mes.splitting, mes.machines, mes.packing, mes.shipping
Hears   mes.machines.StatesTold, mes.splitting.SetsFrozen
Keeps   baselines (recorded, approved by another, frozen), work timed the old way, paid minutes of the warehouse;
        the sums of each day that is over, made by the worker (`jobs.keep_days`), by `flask efficiency rebuild`, and
        marked by what is told late (`subscribers`): `queries.rollups.daily` reads them, and the raw rows of the rest
"""
