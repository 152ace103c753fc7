"""Auth: people, what they may do, and how they say who they are.

Words   person 人员, role 角色, badge 工牌, PIN 签名码, token 接口令牌
Roles   a role is a word; the features grant permissions to it when they register
Ways in password (office), badge on an enrolled tablet (floor), token (programs)
Calls   core.audit, core.numbers
"""
