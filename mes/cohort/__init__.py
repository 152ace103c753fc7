"""Cohort: the figures of several factories side by side, without their names.

Words   cohort 同批企业, export 导出, signature 签名, fingerprint 指纹
Export  the five figures of some days with sample sizes, improvement and grade, under a number that only the
        factory's own key gives, signed by that key (Ed25519); no name, no order, no person
Compare nothing is kept: files are read, each signature is proved, and those that hold stand beside each other;
        a signature says that nobody changed a file since, not that its figures are true: that is what proof.xlsx is for
Reads   mes.efficiency
"""
