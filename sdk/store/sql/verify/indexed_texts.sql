-- What the index was given of each message. The temporary tables hold what the log gives it.
select 'messages_text: message ' || lower(hex(m.id)) || ' is indexed with another text' from main.messages m
  left join main.messages_text t on t.rowid = m.rowid join temp.messages n on n.id = m.id left join temp.messages_text u on u.rowid = n.rowid
  where t.text is not u.text
union all
select 'messages_text: row ' || t.rowid || ' is of no message' from main.messages_text t
  where not exists (select 1 from main.messages m where m.rowid = t.rowid);
