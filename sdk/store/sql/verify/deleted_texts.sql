-- A deleted message's earlier payloads are empty, and no other's are. Reactions keep theirs: they hold nothing of the text.
select 'log ' || l.position || ': holds what message ' || lower(hex(l.subject)) || ' said, which was deleted' from log l
  join main.messages m on m.id = l.subject where m.deleted and l.payload <> '' and l.type not in ('message_deleted', 'reaction_added', 'reaction_removed')
union all
select 'log ' || l.position || ': is empty, but message ' || coalesce(lower(hex(l.subject)), '(none)') || ' was not deleted' from log l
  left join main.messages m on m.id = l.subject where l.payload = '' and coalesce(m.deleted, 0) = 0
union all
select 'mentions: message ' || lower(hex(m.id)) || ' was deleted, but still calls somebody' from main.messages m
  join main.mentions n on n.chat_id = m.chat_id and n.seq = m.seq where m.deleted and n.live;
