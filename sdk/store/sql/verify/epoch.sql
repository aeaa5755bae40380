select 'log_epoch: the history has no name' where not exists (select 1 from log_epoch where length(epoch) = 16);
