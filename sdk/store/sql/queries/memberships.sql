-- The chats whose events this person receives. ?1 user.
select m.chat_id, c.workspace_id, c.member_count, m.visible_from, c.head_seq, c.head_rev
from members m join chats c on c.id = m.chat_id
join workspace_members w on w.workspace_id = c.workspace_id and w.user_id = m.user_id and w.state = 0
where m.user_id = ?1 and m.state = 0
