-- How many invites of a workspace are open. ?1 workspace, ?2 now, ?3 no need to count further.
select count(*) as n from (select 1 from invites where workspace_id = ?1 and expires_at > ?2 and (max_uses = 0 or uses < max_uses) limit ?3)
