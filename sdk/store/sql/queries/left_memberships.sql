-- Chat memberships of people who have left the workspace: the rest of all leaves. ?1 limit. Cross joins keep this order: beginning with the
-- memberships would read all that there are.
select m.* from workspace_members w cross join members m on m.user_id = w.user_id and m.state = 0
cross join chats c on c.id = m.chat_id and c.workspace_id = w.workspace_id
where w.state = 1 limit ?1
