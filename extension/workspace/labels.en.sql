-- Comments and labels of a workspace in English; the template is beside.
-- Its parts are run by create_workspace(); "comments" also by an upgrade and a
-- repair, which pass by whatever has a comment already.

-- part: comments

COMMENT ON TABLE workspace IS 'the workspace itself: one row with version, language, time zone and settings';
COMMENT ON COLUMN workspace.version IS 'version of the template; changed by upgrade_workspace()';
COMMENT ON COLUMN workspace.locale IS 'language of labels and comments: zh or en';
COMMENT ON COLUMN workspace.time_zone IS 'time zone in which days and months are counted';
COMMENT ON COLUMN workspace.settings IS 'settings of the workspace';
COMMENT ON COLUMN workspace.created_at IS 'when it was made';
COMMENT ON COLUMN workspace.only_row IS 'always true: there is one row';

COMMENT ON TABLE access IS 'who was granted which kind of access; a repair grants it again from here';
COMMENT ON COLUMN access.role IS 'database role that has the access';
COMMENT ON COLUMN access.kind IS 'kind of access: admin, writer, intake, analyst, rep or manager';
COMMENT ON COLUMN access.granted_by IS 'who granted it';
COMMENT ON COLUMN access.granted_at IS 'when it was granted';

COMMENT ON TABLE workspace_object IS 'what the template made and from which text; tells an upgrade what the owner has changed';
COMMENT ON COLUMN workspace_object.kind IS 'kind of object';
COMMENT ON COLUMN workspace_object.object IS 'name of the object, without its schema';
COMMENT ON COLUMN workspace_object.shipped IS 'definition as shipped';

COMMENT ON TABLE source IS 'where leads come from';
COMMENT ON COLUMN source.code IS 'code of the source, as written in leads';
COMMENT ON COLUMN source.label IS 'name to show';
COMMENT ON COLUMN source.channel IS 'kind of channel, such as search_ad, social, website';
COMMENT ON COLUMN source.position IS 'order in which it is shown';
COMMENT ON COLUMN source.active IS 'is it in use; a source that came unknown with a lead is not';
COMMENT ON COLUMN source.on_duplicate IS 'what a duplicate from here does: rule = as the identity rules say, reject = error 23505';
COMMENT ON COLUMN source.added_by IS 'who added it: template, admin, or arrival = it came with a lead';

COMMENT ON TABLE source_cost IS 'what a source cost';
COMMENT ON COLUMN source_cost.id IS 'number of the row';
COMMENT ON COLUMN source_cost.source IS 'code of the source';
COMMENT ON COLUMN source_cost.campaign IS 'campaign; NULL for the whole source';
COMMENT ON COLUMN source_cost.from_date IS 'first day the cost is for';
COMMENT ON COLUMN source_cost.to_date IS 'last day the cost is for';
COMMENT ON COLUMN source_cost.amount IS 'amount';
COMMENT ON COLUMN source_cost.currency IS 'currency (ISO 4217)';
COMMENT ON COLUMN source_cost.note IS 'note';

COMMENT ON TABLE industry IS 'industries and how they are spelled';
COMMENT ON COLUMN industry.code IS 'code of the industry';
COMMENT ON COLUMN industry.label IS 'name to show';
COMMENT ON COLUMN industry.parent IS 'code of the industry above';
COMMENT ON COLUMN industry.synonyms IS 'other spellings that mean this industry';
COMMENT ON COLUMN industry.position IS 'order in which it is shown';
COMMENT ON COLUMN industry.active IS 'is it in use';

COMMENT ON TABLE product_line IS 'product lines and how they are spelled';
COMMENT ON COLUMN product_line.code IS 'code of the product line';
COMMENT ON COLUMN product_line.label IS 'name to show';
COMMENT ON COLUMN product_line.synonyms IS 'other spellings that mean this product line';
COMMENT ON COLUMN product_line.position IS 'order in which it is shown';
COMMENT ON COLUMN product_line.active IS 'is it in use';

COMMENT ON TABLE region IS 'the administrative regions of China (GB/T 2260)';
COMMENT ON COLUMN region.code IS 'code: 2 digits a province, 4 a city, 6 a county';
COMMENT ON COLUMN region.name IS 'name';
COMMENT ON COLUMN region.full_name IS 'name with the regions above it';
COMMENT ON COLUMN region.parent IS 'code of the region above';
COMMENT ON COLUMN region.level IS '1 = province, 2 = city, 3 = county';

COMMENT ON TABLE team IS 'teams, as a tree of departments';
COMMENT ON COLUMN team.code IS 'code of the team, as in lead.team';
COMMENT ON COLUMN team.label IS 'name to show';
COMMENT ON COLUMN team.parent IS 'team it is part of';
COMMENT ON COLUMN team.manager IS 'code of the rep who manages it';
COMMENT ON COLUMN team.active IS 'is it in use';

COMMENT ON TABLE calendar IS 'calendars of working hours';
COMMENT ON COLUMN calendar.code IS 'code of the calendar';
COMMENT ON COLUMN calendar.label IS 'name to show';

COMMENT ON TABLE calendar_hours IS 'working hours of each day of the week';
COMMENT ON COLUMN calendar_hours.calendar IS 'the calendar';
COMMENT ON COLUMN calendar_hours.weekday IS 'day of the week: 1 = Monday to 7 = Sunday';
COMMENT ON COLUMN calendar_hours.opens IS 'work begins, in the workspace''s time zone';
COMMENT ON COLUMN calendar_hours.closes IS 'work ends, in the workspace''s time zone';

COMMENT ON TABLE rep IS 'the people who sell';
COMMENT ON COLUMN rep.code IS 'code of the rep, as in lead.owner';
COMMENT ON COLUMN rep.role IS 'database role of the rep; what he sees goes by it';
COMMENT ON COLUMN rep.name IS 'name';
COMMENT ON COLUMN rep.team IS 'his team';
COMMENT ON COLUMN rep.position IS 'position, such as director; rules can ask for it';
COMMENT ON COLUMN rep.capacity IS 'most open leads he can have; a hard limit';
COMMENT ON COLUMN rep.daily_limit IS 'most leads he is dealt in a day; empty: no limit';
COMMENT ON COLUMN rep.weight IS 'share in round robin: who has 2 gets twice as many as who has 1';
COMMENT ON COLUMN rep.calendar IS 'his working hours; empty: always';
COMMENT ON COLUMN rep.active IS 'is he dealt leads; of one who has left, false';
COMMENT ON COLUMN rep.dingtalk_id IS 'id in DingTalk';
COMMENT ON COLUMN rep.wecom_id IS 'id in WeCom';
COMMENT ON COLUMN rep.feishu_id IS 'id in Feishu';

COMMENT ON TABLE rep_absence IS 'when reps are away and are dealt nothing';
COMMENT ON COLUMN rep_absence.id IS 'number';
COMMENT ON COLUMN rep_absence.rep IS 'the rep';
COMMENT ON COLUMN rep_absence.from_at IS 'away from';
COMMENT ON COLUMN rep_absence.until_at IS 'back at';
COMMENT ON COLUMN rep_absence.reason IS 'why';

COMMENT ON TABLE rep_skill IS 'what reps know';
COMMENT ON COLUMN rep_skill.rep IS 'the rep';
COMMENT ON COLUMN rep_skill.kind IS 'region, industry, product_line, source or language';
COMMENT ON COLUMN rep_skill.value IS 'code of what he knows; of a region also all in it';
COMMENT ON COLUMN rep_skill.level IS 'how well, 1 to 5';

COMMENT ON TABLE territory IS 'territories: named sets of regions';
COMMENT ON COLUMN territory.code IS 'code of the territory';
COMMENT ON COLUMN territory.label IS 'name to show';
COMMENT ON COLUMN territory.parent IS 'territory above; asked when nobody here is found';
COMMENT ON COLUMN territory.regions IS 'codes of regions; each stands for all in it, 44 for 440300';
COMMENT ON COLUMN territory.active IS 'is it in use';

COMMENT ON TABLE territory_rep IS 'who works in which territory';
COMMENT ON COLUMN territory_rep.territory IS 'the territory';
COMMENT ON COLUMN territory_rep.rep IS 'the rep';
COMMENT ON COLUMN territory_rep.position IS 'position here; empty: as in table rep';

COMMENT ON TABLE pool IS 'public pools: leads that nobody owns wait here';
COMMENT ON COLUMN pool.code IS 'code of the pool, as in lead.pool';
COMMENT ON COLUMN pool.label IS 'name to show';
COMMENT ON COLUMN pool.team IS 'team it is for; empty: for all';
COMMENT ON COLUMN pool.position IS 'order; the first pool for all takes what nobody can take';
COMMENT ON COLUMN pool.claim_limit IS 'most leads that one may claim in a day; empty: no limit';
COMMENT ON COLUMN pool.locked_for IS 'how long a lead that has just come cannot be claimed';
COMMENT ON COLUMN pool.cool_down IS 'how long the last owner cannot claim it back';
COMMENT ON COLUMN pool.first_contact IS 'within what time a claimed lead must be contacted';
COMMENT ON COLUMN pool.active IS 'is it in use';

COMMENT ON TABLE assignment_rule IS 'assignment rules: who gets which leads';
COMMENT ON COLUMN assignment_rule.code IS 'code of the rule';
COMMENT ON COLUMN assignment_rule.label IS 'what it says';
COMMENT ON COLUMN assignment_rule.position IS 'order; the first rule that matches and finds somebody decides';
COMMENT ON COLUMN assignment_rule.condition IS 'condition: an SQL expression over the row, see docs/rules.md';
COMMENT ON COLUMN assignment_rule.strategy IS 'direct, round_robin, least_loaded, skilled, sticky or pool';
COMMENT ON COLUMN assignment_rule.rep IS 'only this rep';
COMMENT ON COLUMN assignment_rule.team IS 'only reps of this team and those below it';
COMMENT ON COLUMN assignment_rule.territory IS 'only reps of this territory';
COMMENT ON COLUMN assignment_rule.by_territory IS 'only reps of the territory in which the lead lies';
COMMENT ON COLUMN assignment_rule.rep_position IS 'only reps in this position';
COMMENT ON COLUMN assignment_rule.required_skills IS 'only reps with skills of these kinds that fit the lead';
COMMENT ON COLUMN assignment_rule.sticky IS 'first of all the owner of an earlier lead of the same person or account';
COMMENT ON COLUMN assignment_rule.working_hours IS 'only reps who are at work now';
COMMENT ON COLUMN assignment_rule.first_contact IS 'within what time the lead must be contacted';
COMMENT ON COLUMN assignment_rule.fallback_team IS 'team that gets it when no rule finds anybody';
COMMENT ON COLUMN assignment_rule.pool IS 'pool that gets it, by strategy pool or when nobody is found';
COMMENT ON COLUMN assignment_rule.active IS 'is it in use';

COMMENT ON TABLE lead IS 'leads: persons and projects from every channel';
COMMENT ON COLUMN lead.id IS 'number of the lead';
COMMENT ON COLUMN lead.lifecycle IS 'the stages it entered and when, as stage_change has them';
COMMENT ON COLUMN lead.kind IS 'contact (a person) or project';
COMMENT ON COLUMN lead.name IS 'name of the person';
COMMENT ON COLUMN lead.company IS 'company';
COMMENT ON COLUMN lead.title IS 'job title';
COMMENT ON COLUMN lead.phone IS 'phone number, in E.164 form when it can be read as one';
COMMENT ON COLUMN lead.email IS 'mail address';
COMMENT ON COLUMN lead.wechat IS 'WeChat id';
COMMENT ON COLUMN lead.unionid IS 'WeChat UnionID';
COMMENT ON COLUMN lead.tax_id IS 'tax number (unified social credit code)';
COMMENT ON COLUMN lead.address IS 'address';
COMMENT ON COLUMN lead.region IS 'code of the region';
COMMENT ON COLUMN lead.industry IS 'code of the industry, or the text as given';
COMMENT ON COLUMN lead.product_line IS 'code of the product line, or the text as given';
COMMENT ON COLUMN lead.company_size IS 'number of employees';
COMMENT ON COLUMN lead.budget_min IS 'lower end of the budget';
COMMENT ON COLUMN lead.budget_max IS 'upper end of the budget';
COMMENT ON COLUMN lead.budget_status IS 'state of the budget';
COMMENT ON COLUMN lead.first_source IS 'source of the first inquiry';
COMMENT ON COLUMN lead.last_source IS 'source of the latest inquiry';
COMMENT ON COLUMN lead.last_form IS 'form of the latest inquiry';
COMMENT ON COLUMN lead.last_inbound_at IS 'when the latest inquiry came';
COMMENT ON COLUMN lead.campaign IS 'campaign';
COMMENT ON COLUMN lead.partner IS 'partner that brought it';
COMMENT ON COLUMN lead.external_id IS 'id in the source''s own system, unique within the source';
COMMENT ON COLUMN lead.project_name IS 'name of the project';
COMMENT ON COLUMN lead.expected_amount IS 'expected amount of the deal';
COMMENT ON COLUMN lead.currency IS 'currency of the amounts';
COMMENT ON COLUMN lead.expected_close_on IS 'expected day of the deal';
COMMENT ON COLUMN lead.process IS 'process it goes through';
COMMENT ON COLUMN lead.stage IS 'stage it is in';
COMMENT ON COLUMN lead.stage_since IS 'since when it is in this stage';
COMMENT ON COLUMN lead.won_at IS 'when it was won';
COMMENT ON COLUMN lead.won_amount IS 'amount it was won with';
COMMENT ON COLUMN lead.lost_at IS 'when it was lost';
COMMENT ON COLUMN lead.loss_reason IS 'why it was lost';
COMMENT ON COLUMN lead.loss_note IS 'note on why it was lost';
COMMENT ON COLUMN lead.competitor IS 'competitor it was lost to';
COMMENT ON COLUMN lead.intent IS 'intent: hot, warm or cold';
COMMENT ON COLUMN lead.intent_since IS 'since when it has this intent';
COMMENT ON COLUMN lead.intent_before IS 'intent before the last change; empty if it never changed';
COMMENT ON COLUMN lead.intent_due_at IS 'earliest moment at which time alone can change the intent; tick() sees to it';
COMMENT ON COLUMN lead.signals IS 'intent rules that keep the lead at a level, and until when';
COMMENT ON COLUMN lead.score IS 'score';
COMMENT ON COLUMN lead.fit IS 'points of the score rules that match the row, caps and penalties included';
COMMENT ON COLUMN lead.behaviour_1 IS 'points of behaviour, first half-life class: what they are worth at behaviour_1_at, between 1 and 2';
COMMENT ON COLUMN lead.behaviour_1_at IS 'moment for which behaviour_1 holds';
COMMENT ON COLUMN lead.behaviour_2 IS 'points of behaviour, second half-life class: what they are worth at behaviour_2_at, between 1 and 2';
COMMENT ON COLUMN lead.behaviour_2_at IS 'moment for which behaviour_2 holds';
COMMENT ON COLUMN lead.behaviour_3 IS 'points of behaviour, third half-life class: what they are worth at behaviour_3_at, between 1 and 2';
COMMENT ON COLUMN lead.behaviour_3_at IS 'moment for which behaviour_3 holds';
COMMENT ON COLUMN lead.behaviour_4 IS 'points of behaviour, fourth half-life class: what they are worth at behaviour_4_at, between 1 and 2';
COMMENT ON COLUMN lead.behaviour_4_at IS 'moment for which behaviour_4 holds';
COMMENT ON COLUMN lead.owner IS 'who owns the lead: code of the rep';
COMMENT ON COLUMN lead.team IS 'team of the owner';
COMMENT ON COLUMN lead.pool IS 'public pool it is in';
COMMENT ON COLUMN lead.pool_since IS 'since when it is in the pool';
COMMENT ON COLUMN lead.assigned_at IS 'when it was assigned';
COMMENT ON COLUMN lead.touched_at IS 'when it was assigned or last contacted, whichever is later';
COMMENT ON COLUMN lead.recycle_at IS 'when tick() looks next whether it goes back into a pool; empty: never';
COMMENT ON COLUMN lead.first_contact_due_at IS 'when it must have been contacted';
COMMENT ON COLUMN lead.first_contacted_at IS 'when it was first contacted';
COMMENT ON COLUMN lead.first_contact_from IS 'since when it had been waiting for the first contact, where it was assigned anew later';
COMMENT ON COLUMN lead.last_contacted_at IS 'when it was last contacted';
COMMENT ON COLUMN lead.next_contact_at IS 'when it will be contacted next';
COMMENT ON COLUMN lead.merged_into IS 'the living lead this row was merged into; NULL = it lives';
COMMENT ON COLUMN lead.attrs IS 'all other fields, and what could not be read, as typed';
COMMENT ON COLUMN lead.created_at IS 'when the lead came to be';
COMMENT ON COLUMN lead.updated_at IS 'when it was last changed';

COMMENT ON TABLE identity_rule IS 'identity rules: which keys tell a person, and what to do on a hit';
COMMENT ON COLUMN identity_rule.code IS 'code of the rule';
COMMENT ON COLUMN identity_rule.position IS 'order; of several hits the first decides';
COMMENT ON COLUMN identity_rule.lead_kind IS 'kind of lead it is for; NULL for all';
COMMENT ON COLUMN identity_rule.kind IS 'kind of key';
COMMENT ON COLUMN identity_rule.expression IS 'expression that gives a key of one''s own';
COMMENT ON COLUMN identity_rule.scope IS 'expression for the scope within which the key tells';
COMMENT ON COLUMN identity_rule.action IS 'on a hit: merge, link, review or reject';
COMMENT ON COLUMN identity_rule.weak IS 'a weak key, such as a switchboard number, is never held, only noted';
COMMENT ON COLUMN identity_rule.check_name IS 'names that contradict send to review instead of merging';
COMMENT ON COLUMN identity_rule.max_age IS 'a holder whose latest inquiry is older does not count';
COMMENT ON COLUMN identity_rule.active IS 'is it in use';
COMMENT ON COLUMN identity_rule.label IS 'what it is, for people';

COMMENT ON TABLE identity IS 'the identity keys of leads';
COMMENT ON COLUMN identity.lead_id IS 'lead that has the key; 0: known to be shared by many';
COMMENT ON COLUMN identity.kind IS 'kind of key';
COMMENT ON COLUMN identity.scope IS 'scope within which the key tells';
COMMENT ON COLUMN identity.key IS 'the key in its normal form';
COMMENT ON COLUMN identity.live IS 'is the key held; only one can hold it';
COMMENT ON COLUMN identity.state IS 'held, shared, weak, linked, review or expired';
COMMENT ON COLUMN identity.brought_by IS 'merged row that brought the key';
COMMENT ON COLUMN identity.claimed_at IS 'when it was claimed';

COMMENT ON TABLE duplicate IS 'pairs of leads that may be one, and what was decided';
COMMENT ON COLUMN duplicate.id IS 'number of the pair';
COMMENT ON COLUMN duplicate.lead_a IS 'lead with the smaller number';
COMMENT ON COLUMN duplicate.lead_b IS 'lead with the greater number';
COMMENT ON COLUMN duplicate.rule IS 'rule that was hit';
COMMENT ON COLUMN duplicate.kind IS 'kind of key that was hit';
COMMENT ON COLUMN duplicate.status IS 'open, linked, merged or distinct';
COMMENT ON COLUMN duplicate.reason IS 'why it went to review';
COMMENT ON COLUMN duplicate.found_at IS 'when it was found';
COMMENT ON COLUMN duplicate.decided_at IS 'when it was decided';
COMMENT ON COLUMN duplicate.decided_by IS 'who decided';

COMMENT ON TABLE merge_log IS 'merges, kept so that they can be undone';
COMMENT ON COLUMN merge_log.id IS 'number of the merge';
COMMENT ON COLUMN merge_log.winner IS 'lead that stayed';
COMMENT ON COLUMN merge_log.loser IS 'lead that went into it';
COMMENT ON COLUMN merge_log.rule IS 'rule that caused it; NULL when done by hand';
COMMENT ON COLUMN merge_log.merged_at IS 'when it was done';
COMMENT ON COLUMN merge_log.actor IS 'who did it';
COMMENT ON COLUMN merge_log.before IS 'values before the merge';
COMMENT ON COLUMN merge_log.undone_at IS 'when it was undone';
COMMENT ON COLUMN merge_log.undone_by IS 'who undid it';

COMMENT ON TABLE score_rule IS 'score rules: a condition and its points';
COMMENT ON COLUMN score_rule.code IS 'code of the rule';
COMMENT ON COLUMN score_rule.label IS 'what it says';
COMMENT ON COLUMN score_rule.axis IS 'fit, behaviour or penalty';
COMMENT ON COLUMN score_rule.condition IS 'condition: an SQL expression over the row, see docs/rules.md';
COMMENT ON COLUMN score_rule.points IS 'points; of a penalty negative';
COMMENT ON COLUMN score_rule.cap_group IS 'group whose sum is capped; empty: none';
COMMENT ON COLUMN score_rule.valid_from IS 'from when it counts';
COMMENT ON COLUMN score_rule.valid_to IS 'until when it counts';
COMMENT ON COLUMN score_rule.active IS 'whether it is in use';

COMMENT ON TABLE score_cap IS 'the most that the rules of a group give together';
COMMENT ON COLUMN score_cap.cap_group IS 'the group';
COMMENT ON COLUMN score_cap.label IS 'what it says';
COMMENT ON COLUMN score_cap.most IS 'most points, in either direction';

COMMENT ON TABLE half_life IS 'half-life classes: how fast points of behaviour wear off';
COMMENT ON COLUMN half_life.class IS 'class, 1 to 4';
COMMENT ON COLUMN half_life.label IS 'what it says';
COMMENT ON COLUMN half_life.half_life IS 'time in which points halve';
COMMENT ON COLUMN half_life.most IS 'most points of the class; empty: no limit';

COMMENT ON TABLE activity_kind IS 'kinds of activity and their points';
COMMENT ON COLUMN activity_kind.kind IS 'kind, as in activity.kind';
COMMENT ON COLUMN activity_kind.label IS 'label';
COMMENT ON COLUMN activity_kind.direction IS 'only activities in this direction count; empty: all';
COMMENT ON COLUMN activity_kind.points IS 'points each time';
COMMENT ON COLUMN activity_kind.class IS 'half-life class';
COMMENT ON COLUMN activity_kind.daily_cap IS 'how many count in a day; empty: all';
COMMENT ON COLUMN activity_kind.active IS 'whether it is in use';

COMMENT ON TABLE intent_level IS 'levels of intent and their thresholds';
COMMENT ON COLUMN intent_level.level IS 'hot, warm or cold';
COMMENT ON COLUMN intent_level.position IS 'order, the hotter the higher';
COMMENT ON COLUMN intent_level.label IS 'label';
COMMENT ON COLUMN intent_level.enter_at IS 'score at which a lead enters; empty for the lowest';
COMMENT ON COLUMN intent_level.leave_at IS 'score below which it leaves';
COMMENT ON COLUMN intent_level.minimum_stay IS 'least time before the level turns back';
COMMENT ON COLUMN intent_level.follow_up IS 'how often to follow up';

COMMENT ON TABLE intent_rule IS 'intent rules: a condition or an activity that sets the level at once';
COMMENT ON COLUMN intent_rule.code IS 'code of the rule';
COMMENT ON COLUMN intent_rule.label IS 'what it says';
COMMENT ON COLUMN intent_rule.level IS 'the level';
COMMENT ON COLUMN intent_rule.effect IS 'raise: at least this level; hold: this level whatever the score';
COMMENT ON COLUMN intent_rule.condition IS 'condition over the lead';
COMMENT ON COLUMN intent_rule.activity_kinds IS 'kinds of activity';
COMMENT ON COLUMN intent_rule.times IS 'how many of them';
COMMENT ON COLUMN intent_rule.within IS 'within what time';
COMMENT ON COLUMN intent_rule.holds_for IS 'how long it holds; empty: while the condition is true';
COMMENT ON COLUMN intent_rule.active IS 'whether it is in use';

COMMENT ON TABLE rule_error IS 'failures of rules, gathered per statement, with nothing of the leads';
COMMENT ON COLUMN rule_error.id IS 'number';
COMMENT ON COLUMN rule_error.ruleset IS 'table of the rule';
COMMENT ON COLUMN rule_error.rule IS 'code of the rule';
COMMENT ON COLUMN rule_error.sqlstate IS 'SQLSTATE';
COMMENT ON COLUMN rule_error.failures IS 'how often it failed';
COMMENT ON COLUMN rule_error.last_at IS 'when it failed last';

COMMENT ON TABLE rescore_run IS 'how far each run of rescore() is';
COMMENT ON COLUMN rescore_run.id IS 'number';
COMMENT ON COLUMN rescore_run.ruleset IS 'rule set; empty: all';
COMMENT ON COLUMN rescore_run.actor IS 'who called it';
COMMENT ON COLUMN rescore_run.total IS 'leads there were when it began';
COMMENT ON COLUMN rescore_run.done IS 'leads done';
COMMENT ON COLUMN rescore_run.last_lead IS 'last lead done';
COMMENT ON COLUMN rescore_run.started_at IS 'when it began';
COMMENT ON COLUMN rescore_run.updated_at IS 'time of the last chunk';
COMMENT ON COLUMN rescore_run.finished_at IS 'when it was done; empty: not yet';

COMMENT ON TABLE activity IS 'what happened with a lead';
COMMENT ON COLUMN activity.id IS 'number of the activity';
COMMENT ON COLUMN activity.lead_id IS 'the lead';
COMMENT ON COLUMN activity.kind IS 'kind, such as inquiry, call, note';
COMMENT ON COLUMN activity.direction IS 'in, out or internal';
COMMENT ON COLUMN activity.channel IS 'channel or source';
COMMENT ON COLUMN activity.content IS 'content';
COMMENT ON COLUMN activity.next_step IS 'what comes next';
COMMENT ON COLUMN activity.at IS 'when it happened';
COMMENT ON COLUMN activity.actor IS 'who did it';
COMMENT ON COLUMN activity.brought_by IS 'merged row that brought it';

COMMENT ON TABLE assignment_log IS 'who held a lead when, and why';
COMMENT ON COLUMN assignment_log.id IS 'number';
COMMENT ON COLUMN assignment_log.lead_id IS 'the lead';
COMMENT ON COLUMN assignment_log.at IS 'when it changed hands';
COMMENT ON COLUMN assignment_log.reason IS 'why, such as rule, fallback, pool, sticky, writer, repeat';
COMMENT ON COLUMN assignment_log.rule IS 'rule that decided';
COMMENT ON COLUMN assignment_log.strategy IS 'strategy by which it decided';
COMMENT ON COLUMN assignment_log.owner_before IS 'owner before';
COMMENT ON COLUMN assignment_log.pool_before IS 'pool before';
COMMENT ON COLUMN assignment_log.owner IS 'owner from then on';
COMMENT ON COLUMN assignment_log.team IS 'team of the owner or of the pool';
COMMENT ON COLUMN assignment_log.pool IS 'pool from then on';
COMMENT ON COLUMN assignment_log.due_at IS 'when it must have been contacted';
COMMENT ON COLUMN assignment_log.runners_up IS 'who would have been next, at most five';
COMMENT ON COLUMN assignment_log.passed IS 'rules that matched and found nobody, and why';
COMMENT ON COLUMN assignment_log.batch IS 'what was moved together has the same number';
COMMENT ON COLUMN assignment_log.note IS 'note';
COMMENT ON COLUMN assignment_log.actor IS 'who did it';

COMMENT ON TABLE lead_cube IS 'what leads count for, by all dimensions: the sum of the rows';
COMMENT ON COLUMN lead_cube.key IS 'hash of the columns from created_on on';
COMMENT ON COLUMN lead_cube.leads IS 'leads';
COMMENT ON COLUMN lead_cube.score IS 'sum of the scores';
COMMENT ON COLUMN lead_cube.scored IS 'leads with a score';
COMMENT ON COLUMN lead_cube.assigned IS 'leads that have been assigned';
COMMENT ON COLUMN lead_cube.contacted IS 'leads that have been contacted';
COMMENT ON COLUMN lead_cube.contact_minutes IS 'minutes from the assignment to the first contact, summed up';
COMMENT ON COLUMN lead_cube.expected_amount IS 'sum of the expected amounts';
COMMENT ON COLUMN lead_cube.won_amount IS 'sum of the amounts won';
COMMENT ON COLUMN lead_cube.created_on IS 'day of creation';
COMMENT ON COLUMN lead_cube.won_on IS 'day it was won';
COMMENT ON COLUMN lead_cube.lost_on IS 'day it was lost';
COMMENT ON COLUMN lead_cube.closes_on IS 'first day of the month in which it should close';
COMMENT ON COLUMN lead_cube.first_source IS 'first source';
COMMENT ON COLUMN lead_cube.last_source IS 'last source';
COMMENT ON COLUMN lead_cube.owner IS 'owner';
COMMENT ON COLUMN lead_cube.team IS 'team';
COMMENT ON COLUMN lead_cube.region IS 'region';
COMMENT ON COLUMN lead_cube.industry IS 'industry';
COMMENT ON COLUMN lead_cube.product_line IS 'product line';
COMMENT ON COLUMN lead_cube.process IS 'process';
COMMENT ON COLUMN lead_cube.stage IS 'stage';
COMMENT ON COLUMN lead_cube.currency IS 'currency';
COMMENT ON COLUMN lead_cube.intent IS 'intent';
COMMENT ON COLUMN lead_cube.kind IS 'kind of lead';
COMMENT ON COLUMN lead_cube.stages IS 'stages reached, in the order of their first entry';
COMMENT ON COLUMN lead_cube.campaign IS 'campaign';
COMMENT ON COLUMN lead_cube.partner IS 'partner';
COMMENT ON COLUMN lead_cube.loss_reason IS 'reason of the loss';
COMMENT ON COLUMN lead_cube.competitor IS 'competitor';
COMMENT ON TABLE lead_cube_open IS 'rows of lead_cube of leads that are neither won nor lost';
COMMENT ON TABLE lead_cube_won IS 'rows of lead_cube of won leads';
COMMENT ON TABLE lead_cube_lost IS 'rows of lead_cube of lost leads';
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT i.inhrelid::regclass AS part, a.attname, col_description(a.attrelid, a.attnum) AS meaning
          FROM pg_inherits i JOIN pg_attribute a ON a.attrelid = i.inhparent
         WHERE i.inhparent = 'lead_cube'::regclass AND a.attnum > 0 AND NOT a.attisdropped
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', c.part, c.attname, c.meaning);
    END LOOP;
END $$;

COMMENT ON TABLE task IS 'what somebody has to do';
COMMENT ON COLUMN task.id IS 'number';
COMMENT ON COLUMN task.lead_id IS 'the lead it is about';
COMMENT ON COLUMN task.kind IS 'kind, such as first_contact or repeat';
COMMENT ON COLUMN task.owner IS 'rep who has to do it';
COMMENT ON COLUMN task.due_at IS 'until when';
COMMENT ON COLUMN task.note IS 'note';
COMMENT ON COLUMN task.created_at IS 'when it came up';
COMMENT ON COLUMN task.done_at IS 'when it was done; empty: not yet';
COMMENT ON COLUMN task.cancelled_at IS 'when it was no longer needed';
COMMENT ON COLUMN task.brought_by IS 'merged lead that brought it; empty: its own lead';

COMMENT ON TABLE rep_load IS 'ledger of what reps have: a rep''s open leads are the sum of his rows';
COMMENT ON COLUMN rep_load.id IS 'number';
COMMENT ON COLUMN rep_load.rep IS 'the rep';
COMMENT ON COLUMN rep_load.via IS 'how leads came: code of a rule, pool:code, or empty';
COMMENT ON COLUMN rep_load.open IS 'open leads, as a part of the sum';
COMMENT ON COLUMN rep_load.turn IS 'turns taken in round robin';
COMMENT ON COLUMN rep_load.day IS 'day on which dealt counts';
COMMENT ON COLUMN rep_load.dealt IS 'leads dealt on that day';
COMMENT ON COLUMN rep_load.folded IS 'is the row the sum of older ones';

COMMENT ON TABLE handover IS 'handovers: what a rep held, given to others at once';
COMMENT ON COLUMN handover.id IS 'number; assignment_log.batch of the leads that moved';
COMMENT ON COLUMN handover.at IS 'when it was done';
COMMENT ON COLUMN handover.actor IS 'who did it';
COMMENT ON COLUMN handover.from_rep IS 'rep who handed over';
COMMENT ON COLUMN handover.to_rep IS 'rep who took over; empty: a team, or by the rules';
COMMENT ON COLUMN handover.to_team IS 'team that took over; empty: a rep, or by the rules';
COMMENT ON COLUMN handover.scope IS 'condition for the leads that moved; empty: all';
COMMENT ON COLUMN handover.deactivated IS 'whether it set the rep inactive';
COMMENT ON COLUMN handover.moved IS 'how many of what he held moved, by kind';
COMMENT ON COLUMN handover.undone_at IS 'when it was undone';
COMMENT ON COLUMN handover.undone_by IS 'who undid it';
COMMENT ON TABLE handover_item IS 'what each handover changed, to undo it';
COMMENT ON COLUMN handover_item.handover IS 'the handover';
COMMENT ON COLUMN handover_item.kind IS 'table of the thing: lead, task';
COMMENT ON COLUMN handover_item.item IS 'its id';
COMMENT ON COLUMN handover_item.lead_id IS 'lead that it belongs to';
COMMENT ON COLUMN handover_item.before IS 'what it was before';
COMMENT ON COLUMN handover_item.after IS 'what the handover made of it';
COMMENT ON COLUMN handover_item.problem IS 'why it was not given back when the handover was undone';

COMMENT ON TABLE event IS 'the outbox: events, written in the transaction of the change';
COMMENT ON COLUMN event.id IS 'number of the event';
COMMENT ON COLUMN event.kind IS 'kind of event';
COMMENT ON COLUMN event.lead_id IS 'the lead';
COMMENT ON COLUMN event.at IS 'when it happened';
COMMENT ON COLUMN event.actor IS 'who caused it';
COMMENT ON COLUMN event.data IS 'what the event says';

COMMENT ON TABLE intake IS 'what came in, as it came, and what became of it';
COMMENT ON COLUMN intake.id IS 'number of the arrival';
COMMENT ON COLUMN intake.received_at IS 'when it came in';
COMMENT ON COLUMN intake.source IS 'code of the source';
COMMENT ON COLUMN intake.form IS 'form it came through';
COMMENT ON COLUMN intake.external_id IS 'id in the source''s own system';
COMMENT ON COLUMN intake.batch IS 'batch of an import';
COMMENT ON COLUMN intake.line IS 'line within the batch';
COMMENT ON COLUMN intake.payload IS 'the payload as received';
COMMENT ON COLUMN intake.outcome IS 'what became of it: created, merged, linked, review, rejected; repeated: a line of a file that came before';
COMMENT ON COLUMN intake.lead_id IS 'row of lead that was stored';
COMMENT ON COLUMN intake.detail IS 'why it was decided so';
COMMENT ON COLUMN intake.error IS 'error, if there was one';
COMMENT ON COLUMN intake.actor IS 'who sent it';

COMMENT ON TABLE field_alias IS 'how senders call the fields of a lead';
COMMENT ON COLUMN field_alias.alias IS 'a spelling; case, width, character form, punctuation and spaces do not count';
COMMENT ON COLUMN field_alias.field IS 'field of a lead that it means';

COMMENT ON FUNCTION _ruleset(text, regclass) IS 'internal: the table of a rule set';
COMMENT ON FUNCTION explain_rules(text) IS 'how each rule of a set is evaluated: whether it may fail, by look-up or expression';
COMMENT ON FUNCTION rule_test(text, bigint, timestamptz) IS 'which rules a lead matches, and why not the others';
COMMENT ON FUNCTION rule_test(text, jsonb, timestamptz) IS 'which rules a made-up lead matches, and why not the others';
COMMENT ON FUNCTION rule_coverage(text, timestamptz) IS 'how many living leads each rule matches; rules that match none or all are flagged';
COMMENT ON FUNCTION explain_score(bigint, timestamptz) IS 'what the score of a lead is made of at a moment; the points sum to the score';
COMMENT ON FUNCTION score_at(bigint, timestamptz) IS 'the score of a lead at a moment';
COMMENT ON FUNCTION hottest(integer, text, timestamptz) IS 'the leads with the highest scores at a moment, of those that a condition lets pass; the parts sum to the score';
COMMENT ON FUNCTION rebuild_cube() IS 'makes the numbers that reports read anew from the leads; returns how many were wrong';
COMMENT ON FUNCTION tick(timestamptz, integer) IS 'does what time alone causes, in bounded batches; returns how much is left';
COMMENT ON FUNCTION _begin_rescore(text, regclass) IS 'of rescore: begins a run or goes on with one';
COMMENT ON FUNCTION _rescore_chunk(bigint, integer, regclass) IS 'of rescore: the next leads of a run';
COMMENT ON PROCEDURE rescore(text, integer, regclass) IS 'scores and grades every lead again after rules have changed; in committed chunks, goes on where it was stopped';
COMMENT ON VIEW v_intent_change IS 'every change of an intent, with its reason';
COMMENT ON COLUMN v_intent_change.lead_id IS 'the lead';
COMMENT ON COLUMN v_intent_change.at IS 'when it changed';
COMMENT ON COLUMN v_intent_change.intent_before IS 'intent before';
COMMENT ON COLUMN v_intent_change.intent_after IS 'intent after';
COMMENT ON COLUMN v_intent_change.score IS 'score at that moment';
COMMENT ON COLUMN v_intent_change.rule IS 'rule that did it; empty: the score';
COMMENT ON COLUMN v_intent_change.rule_label IS 'what the rule says';
COMMENT ON VIEW v_rule_error IS 'failures of rules, summed up';
COMMENT ON COLUMN v_rule_error.ruleset IS 'table of the rule';
COMMENT ON COLUMN v_rule_error.rule IS 'code of the rule';
COMMENT ON COLUMN v_rule_error.sqlstate IS 'SQLSTATE';
COMMENT ON COLUMN v_rule_error.failures IS 'how often it failed';
COMMENT ON COLUMN v_rule_error.first_at IS 'first recorded';
COMMENT ON COLUMN v_rule_error.last_at IS 'last time';
COMMENT ON COLUMN v_lead.intent_label IS 'label of the intent';
COMMENT ON COLUMN v_lead.intent_since IS 'since when it has this intent';
COMMENT ON COLUMN v_lead.intent_now IS 'intent at this moment';
COMMENT ON COLUMN v_lead.score_now IS 'score at this moment';
COMMENT ON COLUMN v_lead.fit IS 'points of the score rules';

COMMENT ON VIEW v_source_intake IS 'leads by source';
COMMENT ON COLUMN v_source_intake.source IS 'code of the first source';
COMMENT ON COLUMN v_source_intake.label IS 'name of the source';
COMMENT ON COLUMN v_source_intake.channel IS 'kind of channel';
COMMENT ON COLUMN v_source_intake.active IS 'is the source in use';
COMMENT ON COLUMN v_source_intake.unconfirmed IS 'came with a lead and is not confirmed';
COMMENT ON COLUMN v_source_intake.living_leads IS 'living leads';
COMMENT ON COLUMN v_source_intake.merged_leads IS 'repeats that were merged';
COMMENT ON COLUMN v_source_intake.leads_in_review IS 'living leads with an open review';
COMMENT ON COLUMN v_source_intake.first_arrival_at IS 'when its first lead came to be';
COMMENT ON COLUMN v_source_intake.last_arrival_at IS 'when its latest lead came to be';

COMMENT ON VIEW v_intake IS 'arrivals by day, source and outcome';
COMMENT ON COLUMN v_intake.day IS 'day, in the workspace''s time zone';
COMMENT ON COLUMN v_intake.source IS 'code of the source';
COMMENT ON COLUMN v_intake.outcome IS 'what became of them';
COMMENT ON COLUMN v_intake.arrivals IS 'how many';

COMMENT ON VIEW v_team IS 'what the people of each team have and can take';
COMMENT ON COLUMN v_team.team IS 'code of the team';
COMMENT ON COLUMN v_team.label IS 'name of the team';
COMMENT ON COLUMN v_team.parent IS 'team it is part of';
COMMENT ON COLUMN v_team.manager IS 'code of the rep who manages it';
COMMENT ON COLUMN v_team.active IS 'is it in use';
COMMENT ON COLUMN v_team.active_reps IS 'active reps of the team itself';
COMMENT ON COLUMN v_team.capacity IS 'most open leads that they can have';
COMMENT ON COLUMN v_team.open_leads IS 'open leads that reps of the team have';

COMMENT ON VIEW v_rep IS 'reps and what each has; shown to those who see all, to managers those of their teams, to reps themselves';
COMMENT ON COLUMN v_rep.rep IS 'code of the rep';
COMMENT ON COLUMN v_rep.name IS 'name';
COMMENT ON COLUMN v_rep.team IS 'code of the team';
COMMENT ON COLUMN v_rep.team_label IS 'name of the team';
COMMENT ON COLUMN v_rep.position IS 'position';
COMMENT ON COLUMN v_rep.active IS 'is he dealt leads';
COMMENT ON COLUMN v_rep.absent IS 'is he away at this moment';
COMMENT ON COLUMN v_rep.capacity IS 'most open leads he can have';
COMMENT ON COLUMN v_rep.open_leads IS 'open leads he has';
COMMENT ON COLUMN v_rep.daily_limit IS 'most leads he is dealt in a day; empty: no limit';
COMMENT ON COLUMN v_rep.dealt_today IS 'leads dealt to him today';
COMMENT ON COLUMN v_rep.free IS 'leads he can still be dealt today';

COMMENT ON VIEW v_assignment IS 'who held a lead when, and why; shown for the leads that one sees';
COMMENT ON COLUMN v_assignment.id IS 'number';
COMMENT ON COLUMN v_assignment.lead_id IS 'the lead';
COMMENT ON COLUMN v_assignment.at IS 'when it changed hands';
COMMENT ON COLUMN v_assignment.reason IS 'why';
COMMENT ON COLUMN v_assignment.rule IS 'rule that decided';
COMMENT ON COLUMN v_assignment.rule_label IS 'what the rule says';
COMMENT ON COLUMN v_assignment.strategy IS 'strategy by which it decided';
COMMENT ON COLUMN v_assignment.owner_before IS 'owner before';
COMMENT ON COLUMN v_assignment.owner_before_name IS 'name of the owner before';
COMMENT ON COLUMN v_assignment.pool_before IS 'pool before';
COMMENT ON COLUMN v_assignment.pool_before_label IS 'name of the pool before';
COMMENT ON COLUMN v_assignment.owner IS 'owner from then on';
COMMENT ON COLUMN v_assignment.owner_name IS 'name of the owner';
COMMENT ON COLUMN v_assignment.team IS 'code of the team';
COMMENT ON COLUMN v_assignment.team_label IS 'name of the team';
COMMENT ON COLUMN v_assignment.pool IS 'pool from then on';
COMMENT ON COLUMN v_assignment.pool_label IS 'name of the pool';
COMMENT ON COLUMN v_assignment.due_at IS 'when it must have been contacted';
COMMENT ON COLUMN v_assignment.runners_up IS 'who would have been next';
COMMENT ON COLUMN v_assignment.passed IS 'rules that matched and found nobody, and why';
COMMENT ON COLUMN v_assignment.batch IS 'what was moved together has the same number';
COMMENT ON COLUMN v_assignment.note IS 'note';
COMMENT ON COLUMN v_assignment.actor IS 'who did it';

COMMENT ON VIEW v_task IS 'open tasks; shown to their owners, to managers those of their teams, to those who see all';
COMMENT ON COLUMN v_task.id IS 'number';
COMMENT ON COLUMN v_task.lead_id IS 'the lead it is about';
COMMENT ON COLUMN v_task.kind IS 'kind of task';
COMMENT ON COLUMN v_task.owner IS 'rep who has to do it';
COMMENT ON COLUMN v_task.owner_name IS 'name of the rep';
COMMENT ON COLUMN v_task.due_at IS 'until when';
COMMENT ON COLUMN v_task.overdue IS 'is that moment past';
COMMENT ON COLUMN v_task.note IS 'note';
COMMENT ON COLUMN v_task.created_at IS 'when it came up';

COMMENT ON VIEW v_lead IS 'living leads with their labels; shown to the owner and admins, to managers those of their teams, to reps their own';
COMMENT ON COLUMN v_lead.id IS 'number of the lead';
COMMENT ON COLUMN v_lead.kind IS 'contact or project';
COMMENT ON COLUMN v_lead.name IS 'name of the person';
COMMENT ON COLUMN v_lead.company IS 'company';
COMMENT ON COLUMN v_lead.title IS 'job title';
COMMENT ON COLUMN v_lead.phone IS 'phone number';
COMMENT ON COLUMN v_lead.email IS 'mail address';
COMMENT ON COLUMN v_lead.wechat IS 'WeChat id';
COMMENT ON COLUMN v_lead.tax_id IS 'tax number';
COMMENT ON COLUMN v_lead.address IS 'address';
COMMENT ON COLUMN v_lead.region IS 'code of the region';
COMMENT ON COLUMN v_lead.region_name IS 'name of the region';
COMMENT ON COLUMN v_lead.industry IS 'code of the industry';
COMMENT ON COLUMN v_lead.industry_label IS 'name of the industry';
COMMENT ON COLUMN v_lead.product_line IS 'code of the product line';
COMMENT ON COLUMN v_lead.product_line_label IS 'name of the product line';
COMMENT ON COLUMN v_lead.company_size IS 'number of employees';
COMMENT ON COLUMN v_lead.budget_min IS 'lower end of the budget';
COMMENT ON COLUMN v_lead.budget_max IS 'upper end of the budget';
COMMENT ON COLUMN v_lead.budget_status IS 'state of the budget';
COMMENT ON COLUMN v_lead.first_source IS 'code of the first source';
COMMENT ON COLUMN v_lead.first_source_label IS 'name of the first source';
COMMENT ON COLUMN v_lead.last_source IS 'code of the latest source';
COMMENT ON COLUMN v_lead.last_source_label IS 'name of the latest source';
COMMENT ON COLUMN v_lead.last_form IS 'form of the latest inquiry';
COMMENT ON COLUMN v_lead.last_inbound_at IS 'when the latest inquiry came';
COMMENT ON COLUMN v_lead.campaign IS 'campaign';
COMMENT ON COLUMN v_lead.partner IS 'partner that brought it';
COMMENT ON COLUMN v_lead.external_id IS 'id in the source''s own system';
COMMENT ON COLUMN v_lead.project_name IS 'name of the project';
COMMENT ON COLUMN v_lead.expected_amount IS 'expected amount of the deal';
COMMENT ON COLUMN v_lead.currency IS 'currency of the amounts';
COMMENT ON COLUMN v_lead.expected_close_on IS 'expected day of the deal';
COMMENT ON COLUMN v_lead.stage IS 'stage it is in';
COMMENT ON COLUMN v_lead.intent IS 'intent';
COMMENT ON COLUMN v_lead.score IS 'score';
COMMENT ON COLUMN v_lead.owner IS 'who owns the lead: code of the rep';
COMMENT ON COLUMN v_lead.owner_name IS 'name of the owner';
COMMENT ON COLUMN v_lead.team IS 'code of the team';
COMMENT ON COLUMN v_lead.team_label IS 'name of the team';
COMMENT ON COLUMN v_lead.pool IS 'public pool it is in';
COMMENT ON COLUMN v_lead.assigned_at IS 'when it was assigned';
COMMENT ON COLUMN v_lead.first_contact_due_at IS 'when it must have been contacted';
COMMENT ON COLUMN v_lead.overdue IS 'is that moment past, and nobody has contacted it since it was assigned and last came in';
COMMENT ON COLUMN v_lead.attrs IS 'all other fields';
COMMENT ON COLUMN v_lead.merged_leads IS 'repeats that were merged into it';
COMMENT ON COLUMN v_lead.created_at IS 'when the lead came to be';
COMMENT ON COLUMN v_lead.created_on IS 'day it came to be, in the workspace''s time zone';
COMMENT ON COLUMN v_lead.updated_at IS 'when it was last changed';

COMMENT ON VIEW lead_in IS 'the way in for applications: INSERT and COPY';
COMMENT ON COLUMN lead_in.id IS 'number of the lead: the living one, where the writer may know it';
COMMENT ON COLUMN lead_in.kind IS 'contact (a person) or project';
COMMENT ON COLUMN lead_in.name IS 'name of the person';
COMMENT ON COLUMN lead_in.company IS 'company';
COMMENT ON COLUMN lead_in.title IS 'job title';
COMMENT ON COLUMN lead_in.phone IS 'phone number, in E.164 form when it can be read as one';
COMMENT ON COLUMN lead_in.email IS 'mail address';
COMMENT ON COLUMN lead_in.wechat IS 'WeChat id';
COMMENT ON COLUMN lead_in.unionid IS 'WeChat UnionID';
COMMENT ON COLUMN lead_in.tax_id IS 'tax number (unified social credit code)';
COMMENT ON COLUMN lead_in.address IS 'address';
COMMENT ON COLUMN lead_in.region IS 'code of the region';
COMMENT ON COLUMN lead_in.industry IS 'code of the industry, or the text as given';
COMMENT ON COLUMN lead_in.product_line IS 'code of the product line, or the text as given';
COMMENT ON COLUMN lead_in.company_size IS 'number of employees';
COMMENT ON COLUMN lead_in.budget_min IS 'lower end of the budget';
COMMENT ON COLUMN lead_in.budget_max IS 'upper end of the budget';
COMMENT ON COLUMN lead_in.budget_status IS 'state of the budget';
COMMENT ON COLUMN lead_in.first_source IS 'source of the first inquiry';
COMMENT ON COLUMN lead_in.last_source IS 'source of the latest inquiry';
COMMENT ON COLUMN lead_in.last_form IS 'form of the latest inquiry';
COMMENT ON COLUMN lead_in.campaign IS 'campaign';
COMMENT ON COLUMN lead_in.partner IS 'partner that brought it';
COMMENT ON COLUMN lead_in.external_id IS 'id in the source''s own system, unique within the source';
COMMENT ON COLUMN lead_in.project_name IS 'name of the project';
COMMENT ON COLUMN lead_in.expected_amount IS 'expected amount of the deal';
COMMENT ON COLUMN lead_in.currency IS 'currency of the amounts';
COMMENT ON COLUMN lead_in.expected_close_on IS 'expected day of the deal';
COMMENT ON COLUMN lead_in.attrs IS 'all other fields, and what could not be read, as typed';

COMMENT ON FUNCTION grant_access(text, text) IS 'gives a role a kind of access: admin, writer, intake, analyst, rep or manager';
COMMENT ON FUNCTION revoke_access(text, text) IS 'takes a kind of access from a role, or all';
COMMENT ON FUNCTION sees_all() IS 'may the acting role see all leads';
COMMENT ON FUNCTION my_reps() IS 'reps whose leads the acting role may see: its own, and as a manager those of its teams and all below';
COMMENT ON FUNCTION living_lead(bigint) IS 'the living lead that speaks for a lead: itself, or the one it was merged into';
COMMENT ON FUNCTION merge_leads(bigint, bigint[], jsonb, regclass) IS 'merges leads into one; can be undone';
COMMENT ON FUNCTION unmerge(bigint, regclass) IS 'undoes a merge; says by name what cannot be given back';
COMMENT ON FUNCTION resolve_duplicate(bigint, text, bigint, regclass) IS 'decides a pair of the review queue: merge or distinct';
COMMENT ON FUNCTION _is_stricter(text, jsonb, jsonb) IS 'internal: of two attributes about consent, is the first the stricter one';
COMMENT ON FUNCTION _lock_leads(bigint[]) IS 'internal: locks leads in the order of their numbers';
COMMENT ON FUNCTION _restore_claims(bigint, identity[]) IS 'internal: gives identity keys back';
COMMENT ON FUNCTION _merge_lead(bigint, bigint, jsonb) IS 'internal: merges one lead';
COMMENT ON FUNCTION _demote_shared_keys(bigint, bigint) IS 'internal: makes keys that many share weak ones';
COMMENT ON FUNCTION find_lead(text) IS 'who holds this phone, mail address, WeChat id, or company and name, however it is spelled';
COMMENT ON FUNCTION explain_identity(bigint) IS 'which identity keys a lead has, and who shares them';
COMMENT ON FUNCTION _keys_in(text) IS 'internal: the keys that a text can stand for';

COMMENT ON TABLE import_batch IS 'runs of import_leads and adopt_leads';
COMMENT ON COLUMN import_batch.batch IS 'name of the run';
COMMENT ON COLUMN import_batch.kind IS 'import or adopt';
COMMENT ON COLUMN import_batch.from_table IS 'the table it reads';
COMMENT ON COLUMN import_batch.lines IS 'how many lines or rows there are';
COMMENT ON COLUMN import_batch.done IS 'how many are answered';
COMMENT ON COLUMN import_batch.created IS 'new leads';
COMMENT ON COLUMN import_batch.merged IS 'merged into known leads';
COMMENT ON COLUMN import_batch.linked IS 'linked with known leads';
COMMENT ON COLUMN import_batch.review IS 'new leads that wait for a decision';
COMMENT ON COLUMN import_batch.rejected IS 'no lead could be made of them';
COMMENT ON COLUMN import_batch.repeated IS 'came before';
COMMENT ON COLUMN import_batch.last_line IS 'last line answered';
COMMENT ON COLUMN import_batch.last_key IS 'last key adopted';
COMMENT ON COLUMN import_batch.started_at IS 'when it began';
COMMENT ON COLUMN import_batch.updated_at IS 'when the last chunk was committed';
COMMENT ON COLUMN import_batch.finished_at IS 'when it ended; empty while it has not';
COMMENT ON COLUMN import_batch.actor IS 'who runs it';
COMMENT ON INDEX intake_content_idx IS 'lines of files by content';
COMMENT ON FUNCTION capture(text, jsonb, text, text) IS 'takes in one payload; answers with what became of it';
COMMENT ON FUNCTION capture_many(text, jsonb[], text) IS 'takes in many payloads; one answer for each, in order';
COMMENT ON FUNCTION create_staging(text, text[], regclass) IS 'makes a table for the lines of a file; returns what \copy needs';
COMMENT ON PROCEDURE import_leads(text, regclass, text, jsonb, text, integer, regclass) IS 'takes in the lines of a staging table; goes on where it was stopped';
COMMENT ON PROCEDURE adopt_leads(regclass, jsonb, integer, text, regclass) IS 'brings in an existing table of leads; goes on where it was stopped';
COMMENT ON FUNCTION _field_aliases(boolean) IS 'internal: which field each spelling of a name means';
COMMENT ON FUNCTION _payload_keys(jsonb[], jsonb) IS 'internal: source and external_id that payloads carry';
COMMENT ON FUNCTION _read_payloads(jsonb[], text[], jsonb, jsonb) IS 'internal: payloads as rows of lead';
COMMENT ON FUNCTION _may_know() IS 'internal: may the acting role know which leads there are';
COMMENT ON FUNCTION _store_payloads(text[], jsonb[], text, text[], jsonb, jsonb, text, bigint[]) IS 'internal: writes leads and intake for a set of payloads';
COMMENT ON FUNCTION _take_in(text[], jsonb[], text, text[], jsonb, jsonb, text, bigint[]) IS 'internal: writes a set, or its halves when it fails';
COMMENT ON FUNCTION _answer_payloads(regclass, text, jsonb[], text, text) IS 'internal: checks a call and answers it';
COMMENT ON FUNCTION _begin_import(text, regclass, jsonb, integer, regclass) IS 'internal: checks and notes a run of import_leads';
COMMENT ON FUNCTION _mapping_formats(jsonb) IS 'internal: the formats in a mapping';
COMMENT ON FUNCTION _import_chunk(text, regclass, text, jsonb, text, integer, regclass) IS 'internal: the next lines of a batch';
COMMENT ON FUNCTION _import_lines(text, text, text, jsonb, jsonb, bigint[], jsonb[]) IS 'internal: takes lines in, known ones as repeated';
COMMENT ON FUNCTION _adopt_expression(text, regclass, text) IS 'internal: how a column of lead is filled';
COMMENT ON FUNCTION _adoption_key(regclass) IS 'internal: the primary key of a table';
COMMENT ON FUNCTION _begin_adoption(regclass, jsonb, integer, regclass) IS 'internal: checks and notes a run of adopt_leads';
COMMENT ON FUNCTION _adopt_range(text, regclass, text, text, text) IS 'internal: adopts a range of keys, or its halves when it fails';
COMMENT ON FUNCTION _adopt_chunk(text, regclass, text, integer, regclass) IS 'internal: the next rows of a table';
COMMENT ON VIEW import_progress IS 'how far imports and adoptions are';
COMMENT ON COLUMN import_progress.batch IS 'name of the run';
COMMENT ON COLUMN import_progress.kind IS 'import or adopt';
COMMENT ON COLUMN import_progress.from_table IS 'the table it reads';
COMMENT ON COLUMN import_progress.state IS 'finished or unfinished';
COMMENT ON COLUMN import_progress.lines IS 'how many lines or rows there are';
COMMENT ON COLUMN import_progress.done IS 'how many are answered';
COMMENT ON COLUMN import_progress.percent IS 'share that is answered';
COMMENT ON COLUMN import_progress.created IS 'new leads';
COMMENT ON COLUMN import_progress.merged IS 'merged into known leads';
COMMENT ON COLUMN import_progress.linked IS 'linked with known leads';
COMMENT ON COLUMN import_progress.review IS 'new leads that wait for a decision';
COMMENT ON COLUMN import_progress.rejected IS 'no lead could be made of them';
COMMENT ON COLUMN import_progress.repeated IS 'came before';
COMMENT ON COLUMN import_progress.started_at IS 'when it began';
COMMENT ON COLUMN import_progress.updated_at IS 'when the last chunk was committed';
COMMENT ON COLUMN import_progress.finished_at IS 'when it ended; empty while it has not';
COMMENT ON COLUMN import_progress.actor IS 'who runs it';

COMMENT ON FUNCTION _own_claims(bigint) IS 'claims that a lead has by its own row need nobody who brought them';
COMMENT ON FUNCTION _return_claim(merge_log, identity) IS 'gives the loser of a merge that is undone a claim back';

COMMENT ON FUNCTION _managed_teams() IS 'internal: the teams that the acting role manages, with all below them';
COMMENT ON FUNCTION explain_assignment(bigint) IS 'what the rules would do with a lead now: each rule, each candidate with his load, and why he would or would not get it';
COMMENT ON FUNCTION owner_at(bigint, timestamptz) IS 'who had a lead at a moment';
COMMENT ON FUNCTION simulate_assignment(integer) IS 'whom the rules as they are now would have given the arrivals of the last days, beside who got them';
COMMENT ON FUNCTION assign_leads(text, integer) IS 'deals leads that nobody has by the rules, at most so many';
COMMENT ON FUNCTION _assign_leads(text, integer, regclass) IS 'internal: deals leads that nobody has';
COMMENT ON FUNCTION handover(text, text, text, text, boolean) IS 'gives all that a rep holds to another, to a team or by the rules; returns the number of the handover';
COMMENT ON FUNCTION handover_preview(text, text, text, text) IS 'what a handover would do: who gets how many, and what does not fit';
COMMENT ON FUNCTION undo_handover(bigint) IS 'undoes a handover within a day; says what was moved on since and stays';
COMMENT ON FUNCTION _handover(text, text, text, text, boolean, regclass) IS 'internal: hands over';
COMMENT ON FUNCTION _handover_preview(text, text, text, text, regclass) IS 'internal: what a handover would do';
COMMENT ON FUNCTION _undo_handover(bigint, regclass) IS 'internal: undoes a handover';
COMMENT ON FUNCTION _holdings() IS 'internal: what a rep can hold, the tables';
COMMENT ON FUNCTION _image(text[]) IS 'internal: what a handover remembers of a row, as an expression';
COMMENT ON FUNCTION _given_back(jsonb, jsonb, jsonb) IS 'internal: the values before, where nothing has changed since';
COMMENT ON FUNCTION _may_hand_over(text, text, text) IS 'internal: raises unless the acting role may hand over between these';
COMMENT ON FUNCTION _check_handover(text, text, text) IS 'internal: raises unless such a handover can be';
COMMENT ON FUNCTION _leads_of(text, text) IS 'internal: the leads of a rep for which a condition is true';
COMMENT ON FUNCTION _takers(text, text, text) IS 'internal: who takes over, with his load';
COMMENT ON FUNCTION _deal_leads(text, text, text, bigint[], boolean[]) IS 'internal: who gets which lead of a handover';
COMMENT ON FUNCTION _deal_rest(text, text, text, text, bigint[], text[]) IS 'internal: who gets what else a rep holds';
COMMENT ON FUNCTION _hand_over_approvals(text, text, bigint) IS 'internal: hands on what waits for a rep''s approval';
COMMENT ON FUNCTION _give_back_approvals(handover) IS 'internal: gives it back';

COMMENT ON VIEW v_owner_history IS 'who had a lead, from when until when';
COMMENT ON COLUMN v_owner_history.lead_id IS 'the lead';
COMMENT ON COLUMN v_owner_history.owner IS 'who had it; empty: nobody, or a pool';
COMMENT ON COLUMN v_owner_history.team IS 'team of the owner or pool';
COMMENT ON COLUMN v_owner_history.pool IS 'pool in which it was; empty: none';
COMMENT ON COLUMN v_owner_history.from_at IS 'since when';
COMMENT ON COLUMN v_owner_history.until_at IS 'until when; empty: still';
COMMENT ON COLUMN v_owner_history.reason IS 'how it came there';
COMMENT ON COLUMN v_owner_history.rule IS 'rule that decided; empty: none';
COMMENT ON FUNCTION _shared_keys(bigint, bigint, bigint) IS 'internal: the keys that speak for two leads being one, and since when';

COMMENT ON TABLE process IS 'what leads go through on their way: a process and whom it is for';
COMMENT ON COLUMN process.code IS 'code of the process';
COMMENT ON COLUMN process.label IS 'name to show';
COMMENT ON COLUMN process.meaning IS 'what it is for';
COMMENT ON COLUMN process.subject IS 'what goes through it: lead or opportunity';
COMMENT ON COLUMN process.position IS 'order';
COMMENT ON COLUMN process.condition IS 'condition: a new lead follows the first process whose condition holds';
COMMENT ON COLUMN process.active IS 'is it in use';

COMMENT ON TABLE stage IS 'stages of a process';
COMMENT ON COLUMN stage.process IS 'process';
COMMENT ON COLUMN stage.code IS 'code of the stage, as lead.stage says it';
COMMENT ON COLUMN stage.label IS 'name to show';
COMMENT ON COLUMN stage.meaning IS 'what it means';
COMMENT ON COLUMN stage.position IS 'order';
COMMENT ON COLUMN stage.kind IS 'open, won, lost or converted';
COMMENT ON COLUMN stage.probability IS 'share of the leads here that are won, 0 to 1';
COMMENT ON COLUMN stage.stuck_after IS 'longer than this here is stuck';

COMMENT ON TABLE approval_rule IS 'what needs an approval';
COMMENT ON COLUMN approval_rule.code IS 'code of the rule';
COMMENT ON COLUMN approval_rule.label IS 'name to show';
COMMENT ON COLUMN approval_rule.subject IS 'what is to be approved: stage, visit, discount, contract or another word';
COMMENT ON COLUMN approval_rule.position IS 'order';
COMMENT ON COLUMN approval_rule.condition IS 'condition: an SQL expression over the row of a lead';
COMMENT ON COLUMN approval_rule.self_approval IS 'whether who asks may approve';
COMMENT ON COLUMN approval_rule.active IS 'is it in use';

COMMENT ON TABLE approval_level IS 'levels of an approval rule: who is asked at each';
COMMENT ON COLUMN approval_level.rule IS 'approval rule';
COMMENT ON COLUMN approval_level.level IS 'level; the lower ones decide first';
COMMENT ON COLUMN approval_level.min_amount IS 'amount from which on the level is asked; empty: always';
COMMENT ON COLUMN approval_level.mode IS 'any: one of them is enough; all: every one must approve';
COMMENT ON COLUMN approval_level.managers IS 'managers above the owner: 1 the first, 2 the next one up';
COMMENT ON COLUMN approval_level.reps IS 'reps by code';
COMMENT ON COLUMN approval_level.roles IS 'database roles';

COMMENT ON TABLE approval IS 'requests for approval: of a move, a visit, a discount, a contract';
COMMENT ON COLUMN approval.id IS 'number';
COMMENT ON COLUMN approval.subject IS 'what is to be approved: stage, visit, discount, contract or another word';
COMMENT ON COLUMN approval.lead_id IS 'lead';
COMMENT ON COLUMN approval.to_stage IS 'stage the lead is to reach; with stage only';
COMMENT ON COLUMN approval.what IS 'what exactly is asked for';
COMMENT ON COLUMN approval.amount IS 'amount it is about, and good for once approved; empty: any';
COMMENT ON COLUMN approval.note IS 'why, by who asked';
COMMENT ON COLUMN approval.rule IS 'approval rule that decided whom to ask';
COMMENT ON COLUMN approval.status IS 'pending, approved, rejected, withdrawn or used';
COMMENT ON COLUMN approval.level IS 'level that is asked; empty: none any more';
COMMENT ON COLUMN approval.requested_by IS 'role that asked';
COMMENT ON COLUMN approval.rep IS 'rep who asked';
COMMENT ON COLUMN approval.requested_at IS 'when it was asked for';
COMMENT ON COLUMN approval.decided_at IS 'when it was over';
COMMENT ON COLUMN approval.used_at IS 'when the move was made';
COMMENT ON COLUMN approval.brought_by IS 'lead that brought it in a merge';

COMMENT ON TABLE approval_step IS 'each who is asked, and what he said';
COMMENT ON COLUMN approval_step.id IS 'number';
COMMENT ON COLUMN approval_step.approval IS 'the approval';
COMMENT ON COLUMN approval_step.level IS 'level';
COMMENT ON COLUMN approval_step.mode IS 'any or all of the level must approve';
COMMENT ON COLUMN approval_step.rep IS 'rep who is asked';
COMMENT ON COLUMN approval_step.role IS 'database role that is asked';
COMMENT ON COLUMN approval_step.status IS 'waiting, pending, approved, rejected, skipped or delegated';
COMMENT ON COLUMN approval_step.stands_for IS 'step that was delegated to this one';
COMMENT ON COLUMN approval_step.task IS 'its task';
COMMENT ON COLUMN approval_step.decided_by IS 'role that decided';
COMMENT ON COLUMN approval_step.decided_at IS 'when';
COMMENT ON COLUMN approval_step.opinion IS 'what it said';

COMMENT ON VIEW v_approval IS 'requests for approval; shown to who asked, who is asked, the owner of the lead and their managers, and to those who see all';
COMMENT ON COLUMN v_approval.id IS 'number';
COMMENT ON COLUMN v_approval.subject IS 'what is to be approved';
COMMENT ON COLUMN v_approval.rule IS 'approval rule';
COMMENT ON COLUMN v_approval.rule_label IS 'name of the rule';
COMMENT ON COLUMN v_approval.lead_id IS 'lead';
COMMENT ON COLUMN v_approval.lead_name IS 'name of the customer';
COMMENT ON COLUMN v_approval.company IS 'company';
COMMENT ON COLUMN v_approval.owner IS 'owner of the lead';
COMMENT ON COLUMN v_approval.owner_name IS 'name of the owner';
COMMENT ON COLUMN v_approval.to_stage IS 'stage the lead is to reach';
COMMENT ON COLUMN v_approval.to_stage_label IS 'name of the stage';
COMMENT ON COLUMN v_approval.what IS 'what exactly is asked for';
COMMENT ON COLUMN v_approval.amount IS 'amount it is about';
COMMENT ON COLUMN v_approval.note IS 'why, by who asked';
COMMENT ON COLUMN v_approval.status IS 'pending, approved, rejected, withdrawn or used';
COMMENT ON COLUMN v_approval.level IS 'level that is asked';
COMMENT ON COLUMN v_approval.waits_for IS 'who is asked now';
COMMENT ON COLUMN v_approval.waits_for_me IS 'does it wait for the reader';
COMMENT ON COLUMN v_approval.asked_by_me IS 'did the reader ask for it';
COMMENT ON COLUMN v_approval.requested_by IS 'role that asked';
COMMENT ON COLUMN v_approval.requested_by_name IS 'name of who asked';
COMMENT ON COLUMN v_approval.requested_at IS 'when it was asked for';
COMMENT ON COLUMN v_approval.decided_at IS 'when it was over';
COMMENT ON COLUMN v_approval.used_at IS 'when the move was made';

COMMENT ON VIEW v_approval_step IS 'each who is asked, and what he said; shown as v_approval is';
COMMENT ON COLUMN v_approval_step.id IS 'number';
COMMENT ON COLUMN v_approval_step.approval IS 'the approval';
COMMENT ON COLUMN v_approval_step.level IS 'level';
COMMENT ON COLUMN v_approval_step.mode IS 'any or all of the level must approve';
COMMENT ON COLUMN v_approval_step.approver IS 'rep or role that is asked';
COMMENT ON COLUMN v_approval_step.approver_name IS 'name of who is asked';
COMMENT ON COLUMN v_approval_step.status IS 'waiting, pending, approved, rejected, skipped or delegated';
COMMENT ON COLUMN v_approval_step.stands_for IS 'step that was delegated to this one';
COMMENT ON COLUMN v_approval_step.decided_by IS 'role that decided';
COMMENT ON COLUMN v_approval_step.decided_at IS 'when';
COMMENT ON COLUMN v_approval_step.opinion IS 'what it said';

COMMENT ON FUNCTION request_approval(text, bigint, text, numeric, jsonb, text) IS 'asks for an approval; returns its number';
COMMENT ON FUNCTION approve(bigint, text) IS 'approves as one who is asked; returns the status of the request';
COMMENT ON FUNCTION reject(bigint, text) IS 'rejects as one who is asked; returns the status of the request';
COMMENT ON FUNCTION withdraw(bigint, text) IS 'takes a request for approval back';
COMMENT ON FUNCTION delegate_approval(bigint, text, text, text) IS 'lets another rep decide instead';
COMMENT ON FUNCTION approves_as() IS 'as whom the acting role is asked for approvals';
COMMENT ON FUNCTION _asked_himself(text, text) IS 'internal: is the acting role who asked';
COMMENT ON FUNCTION _managers_above(text, text[]) IS 'internal: managers of a team and of those above it, the nearest first';
COMMENT ON FUNCTION _approvers(text, text, text, numeric, text, name) IS 'internal: whom a rule asks, level by level';
COMMENT ON FUNCTION _approval_rule(text, lead, text) IS 'internal: the rule that decides whom to ask';
COMMENT ON FUNCTION _approval_event(text, bigint, jsonb) IS 'internal: writes an event about an approval';
COMMENT ON FUNCTION _ask(bigint) IS 'internal: asks a step';
COMMENT ON FUNCTION _advance_approval(bigint) IS 'internal: goes on to the next level or the end';
COMMENT ON FUNCTION _decide_steps(bigint[], text, text) IS 'internal: decides for steps';
COMMENT ON FUNCTION _request_approval(text, bigint, text, numeric, jsonb, text, regclass) IS 'internal: asks for an approval';
COMMENT ON FUNCTION _lock_approval(bigint) IS 'internal: locks an approval that one has to do with';
COMMENT ON FUNCTION _decide_approval(bigint, text, text, regclass) IS 'internal: approves or rejects';
COMMENT ON FUNCTION _withdraw(bigint, text, regclass) IS 'internal: takes back';
COMMENT ON FUNCTION _delegate_approval(bigint, text, text, text, regclass) IS 'internal: delegates';
COMMENT ON FUNCTION _pass_on(bigint, text, text) IS 'internal: lets another rep decide at a step';
COMMENT ON FUNCTION _may_pass_on(text) IS 'internal: may the acting role pass on what a rep is asked';
COMMENT ON FUNCTION _deal_approvals(text, text) IS 'internal: who could decide in place of a rep';
COMMENT ON FUNCTION check_process(text) IS 'what is wrong with a process: dead ends, stages that nobody reaches, leads in a stage that is gone';
COMMENT ON FUNCTION import_history(regclass, text, jsonb, jsonb, regclass) IS 'brings the lines of an old stage log into the histories of their leads; returns what became of each';
COMMENT ON FUNCTION _history_column(regclass, jsonb, text) IS 'internal: the column for a field of a stage log';
COMMENT ON FUNCTION _check_staging(regclass, jsonb) IS 'internal: checks a staging table against a mapping';
COMMENT ON FUNCTION _check_history(regclass, jsonb, jsonb) IS 'internal: checks what import_history() is called with';
COMMENT ON FUNCTION _read_history(regclass, text, jsonb, jsonb) IS 'internal: reads the lines of a stage log';

COMMENT ON TABLE transition IS 'legal moves from stage to stage';
COMMENT ON COLUMN transition.id IS 'number';
COMMENT ON COLUMN transition.process IS 'process';
COMMENT ON COLUMN transition.from_stage IS 'stage it leaves; empty: any open stage';
COMMENT ON COLUMN transition.to_stage IS 'stage it reaches';
COMMENT ON COLUMN transition.label IS 'name to show';
COMMENT ON COLUMN transition.condition IS 'guard: an SQL expression over the row of a lead that must hold';
COMMENT ON COLUMN transition.required_fields IS 'columns that must be filled; attrs.KEY for a key of attrs';
COMMENT ON COLUMN transition.approval IS 'approval rule that must have been passed';

COMMENT ON TABLE stage_rule IS 'what moves a lead by itself, forward only and through the same guards';
COMMENT ON COLUMN stage_rule.code IS 'code of the rule';
COMMENT ON COLUMN stage_rule.label IS 'name to show';
COMMENT ON COLUMN stage_rule.process IS 'process';
COMMENT ON COLUMN stage_rule.position IS 'order';
COMMENT ON COLUMN stage_rule.activity_kind IS 'kind of activity that moves it; empty: the condition alone';
COMMENT ON COLUMN stage_rule.condition IS 'condition: an SQL expression over the row of a lead';
COMMENT ON COLUMN stage_rule.to_stage IS 'stage it moves to';
COMMENT ON COLUMN stage_rule.active IS 'is it in use';

COMMENT ON TABLE loss_reason IS 'reasons for which leads are lost';
COMMENT ON COLUMN loss_reason.code IS 'code of the reason, as lead.loss_reason says it';
COMMENT ON COLUMN loss_reason.label IS 'name to show';
COMMENT ON COLUMN loss_reason.meaning IS 'what it means';
COMMENT ON COLUMN loss_reason.position IS 'order';
COMMENT ON COLUMN loss_reason.needs_note IS 'a note is required';
COMMENT ON COLUMN loss_reason.needs_competitor IS 'the competitor is required';
COMMENT ON COLUMN loss_reason.active IS 'is it in use';

COMMENT ON TABLE stage_change IS 'history of every lead''s stages';
COMMENT ON COLUMN stage_change.lead_id IS 'lead';
COMMENT ON COLUMN stage_change.position IS 'number of the entry in the lead''s history, from 1 without gaps';
COMMENT ON COLUMN stage_change.process IS 'process';
COMMENT ON COLUMN stage_change.from_stage IS 'stage it left; empty for the first';
COMMENT ON COLUMN stage_change.to_stage IS 'stage it reached';
COMMENT ON COLUMN stage_change.at IS 'when';
COMMENT ON COLUMN stage_change.cause IS 'what moved it: arrival, writer, move, repeat, unmerge, import or rule:CODE';
COMMENT ON COLUMN stage_change.reason IS 'reason for the loss';
COMMENT ON COLUMN stage_change.note IS 'note';
COMMENT ON COLUMN stage_change.competitor IS 'competitor it was lost to';
COMMENT ON COLUMN stage_change.amount IS 'amount at that moment';
COMMENT ON COLUMN stage_change.owner IS 'owner at that moment';
COMMENT ON COLUMN stage_change.actor IS 'role that did it';

COMMENT ON FUNCTION _stage_columns() IS 'internal: the columns that a merge leaves as they are';
COMMENT ON FUNCTION move_stage(bigint, text, text, text, text, numeric) IS 'moves a lead to a stage; returns the stage';
COMMENT ON FUNCTION _writes_leads() IS 'internal: does the acting role write leads, whoever owns them';
COMMENT ON FUNCTION _lock_writable(bigint) IS 'internal: locks a lead that one may write';
COMMENT ON FUNCTION _move_stage(bigint, text, text, text, text, numeric, regclass) IS 'internal: moves a lead';

COMMENT ON TABLE pool_rule IS 'when leads nobody takes care of go back into a pool; the first rule in order that matches decides';
COMMENT ON COLUMN pool_rule.code IS 'code of the rule';
COMMENT ON COLUMN pool_rule.label IS 'name to show';
COMMENT ON COLUMN pool_rule.position IS 'order';
COMMENT ON COLUMN pool_rule.condition IS 'condition: an SQL expression over the row of a lead';
COMMENT ON COLUMN pool_rule.intents IS 'of these intents only; empty: all';
COMMENT ON COLUMN pool_rule.exempt IS 'what matches is never put back';
COMMENT ON COLUMN pool_rule.days_without_follow_up IS 'days since the last contact or the assignment after which it is put back';
COMMENT ON COLUMN pool_rule.days_without_progress IS 'days since the assignment or the last move to another stage after which it is put back';
COMMENT ON COLUMN pool_rule.warn_days IS 'so many days before, its owner is warned';
COMMENT ON COLUMN pool_rule.pool IS 'pool it goes to; empty: that of its team, else the common one';
COMMENT ON COLUMN pool_rule.active IS 'is it in use';

COMMENT ON TABLE recycle_sweep IS 'internal: how far tick() is with planning leads anew after rules have changed';
COMMENT ON COLUMN recycle_sweep.rules IS 'digest of the rules it is about';
COMMENT ON COLUMN recycle_sweep.last_lead IS 'lead it has come to';
COMMENT ON COLUMN recycle_sweep.missed IS 'leads that were locked, to be looked at again';
COMMENT ON COLUMN recycle_sweep.finished IS 'is it done';
COMMENT ON COLUMN recycle_sweep.only_row IS 'always true: there is one row';

COMMENT ON VIEW v_pool IS 'leads that wait in the pools of the reader; who the customer is shows after the claim';
COMMENT ON COLUMN v_pool.id IS 'number of the lead';
COMMENT ON COLUMN v_pool.pool IS 'pool';
COMMENT ON COLUMN v_pool.pool_label IS 'name of the pool';
COMMENT ON COLUMN v_pool.pool_since IS 'since when it is there';
COMMENT ON COLUMN v_pool.kind IS 'contact (a person) or project';
COMMENT ON COLUMN v_pool.masked_name IS 'first character of the name';
COMMENT ON COLUMN v_pool.region IS 'code of the region';
COMMENT ON COLUMN v_pool.region_name IS 'name of the region';
COMMENT ON COLUMN v_pool.industry IS 'industry';
COMMENT ON COLUMN v_pool.industry_label IS 'name of the industry';
COMMENT ON COLUMN v_pool.product_line IS 'product line';
COMMENT ON COLUMN v_pool.product_line_label IS 'name of the product line';
COMMENT ON COLUMN v_pool.company_size IS 'size of the company';
COMMENT ON COLUMN v_pool.budget_min IS 'lower end of the budget';
COMMENT ON COLUMN v_pool.budget_max IS 'upper end of the budget';
COMMENT ON COLUMN v_pool.intent IS 'intent';
COMMENT ON COLUMN v_pool.intent_label IS 'name of the intent';
COMMENT ON COLUMN v_pool.score IS 'score';
COMMENT ON COLUMN v_pool.last_source IS 'source heard of last';
COMMENT ON COLUMN v_pool.last_source_label IS 'name of that source';
COMMENT ON COLUMN v_pool.last_inbound_at IS 'when the customer was heard of last';
COMMENT ON COLUMN v_pool.claimable_from IS 'from when the reader can claim it';
COMMENT ON COLUMN v_pool.claimable IS 'can the reader claim it now';
COMMENT ON COLUMN v_pool.why_not IS 'why not: not_a_member, full, claim_limit (of the day), new_in_pool, cool_down (he had it before)';

COMMENT ON FUNCTION acting_rep() IS 'the rep that the acting role is';
COMMENT ON FUNCTION my_pools() IS 'pools that the acting role sees, and how much it can still claim';
COMMENT ON FUNCTION claim(bigint, text) IS 'takes a lead out of its pool; returns whose it is';
COMMENT ON FUNCTION claim_next(text, integer, text) IS 'takes the best leads of a pool; returns their ids';
COMMENT ON FUNCTION release(bigint, text, text) IS 'gives a lead back to a pool, with a reason; returns the pool';
COMMENT ON FUNCTION assign_to(bigint, text, text) IS 'gives a lead to a rep, for managers and administrators';
COMMENT ON FUNCTION follow_up(bigint, text, text, text, timestamptz, text, timestamptz) IS 'notes a contact with a lead, and when the next one is due; returns the activity';
COMMENT ON FUNCTION explain_recycling(bigint, timestamptz) IS 'when a lead goes back into a pool, by which rule';
COMMENT ON FUNCTION _pools_of(text) IS 'internal: pools that a rep may take from';
COMMENT ON FUNCTION _pool_for(text) IS 'internal: the pool for the leads of a team';
COMMENT ON FUNCTION _room(text, text) IS 'internal: how much a rep can still take';
COMMENT ON FUNCTION _claimable_from(bigint, text, timestamptz, text) IS 'internal: from when a lead can be claimed';
COMMENT ON FUNCTION _is_open(bigint, text, text) IS 'internal: is a lead open';
COMMENT ON FUNCTION _claimant(text) IS 'internal: for whom leads are taken';
COMMENT ON FUNCTION _local(timestamptz) IS 'internal: a moment by the clock of the workspace';
COMMENT ON FUNCTION _claim(bigint, text, regclass) IS 'internal: claims a lead';
COMMENT ON FUNCTION _best_of_pool(text, text, bigint) IS 'internal: locks the best leads of a pool';
COMMENT ON FUNCTION _claim_next(text, integer, text, regclass) IS 'internal: claims leads';
COMMENT ON FUNCTION _lock_own(bigint) IS 'internal: locks a lead that one may dispose of';
COMMENT ON FUNCTION _release(bigint, text, text, regclass) IS 'internal: gives a lead back';
COMMENT ON FUNCTION _assign_to(bigint, text, text, regclass) IS 'internal: gives a lead to a rep';
COMMENT ON FUNCTION _follow_up(bigint, text, text, text, timestamptz, text, timestamptz, regclass) IS 'internal: notes a contact';
COMMENT ON FUNCTION _recycle(timestamptz, integer, regclass) IS 'internal: the part of tick() that puts leads into pools';
COMMENT ON FUNCTION _warn_of_recycling(bigint[], timestamptz) IS 'internal: warns owners';
COMMENT ON FUNCTION _replan_recycling(timestamptz, integer, regclass) IS 'internal: plans leads anew after rules have changed';

-- Numbers and reports.
COMMENT ON TABLE rep_target IS 'what a rep, or a team as a whole, is to win in a month';
COMMENT ON COLUMN rep_target.id IS 'number';
COMMENT ON COLUMN rep_target.rep IS 'the rep; either this or the team';
COMMENT ON COLUMN rep_target.team IS 'the team';
COMMENT ON COLUMN rep_target.month IS 'first day of the month';
COMMENT ON COLUMN rep_target.amount IS 'amount to win, in the workspace''s currency';
COMMENT ON COLUMN rep_target.won IS 'leads to win';
COMMENT ON VIEW _cube_lead IS 'internal: what each living lead counts for';
COMMENT ON VIEW _cube_recount IS 'internal: what _cube should say, counted from the leads';
COMMENT ON VIEW _cube IS 'internal: what leads count for by all dimensions; reports read it';
COMMENT ON VIEW _department IS 'internal: the path of each team';
COMMENT ON VIEW _territory_region IS 'internal: the territory that names a region';
COMMENT ON VIEW _currency IS 'internal: the workspace''s currency';
COMMENT ON VIEW _path IS 'internal: the stages of each process in the order of its funnel';
COMMENT ON VIEW _open_stage IS 'internal: the open stages by their steps';
COMMENT ON VIEW _part IS 'internal: the rows behind all numbers';
COMMENT ON VIEW _fact IS 'internal: the same with all dimensions, as far as the acting role sees numbers';
COMMENT ON VIEW _cost IS 'internal: what each source costs, day by day';
COMMENT ON VIEW _stage_history IS 'internal: the share of leads won that came as far as a stage';
COMMENT ON VIEW _rep_month IS 'internal: numbers and targets of each rep by month';
COMMENT ON FUNCTION sees_numbers() IS 'may the acting role see the numbers of all';
COMMENT ON FUNCTION drill(text, jsonb) IS 'the leads behind a number: name of a view, and values of its columns';
COMMENT ON FUNCTION funnel_by(text, jsonb) IS 'the funnel by any dimension, with its rates';
COMMENT ON FUNCTION _numbers() IS 'internal: the counts of the views and which leads they count';
COMMENT ON FUNCTION _filter(text, jsonb, text[]) IS 'internal: a filter as a condition in SQL';

COMMENT ON VIEW v_workspace IS 'language, time zone, day and currency of the workspace';
COMMENT ON COLUMN v_workspace.locale IS 'language of labels: zh or en';
COMMENT ON COLUMN v_workspace.time_zone IS 'the zone in which days and months are counted';
COMMENT ON COLUMN v_workspace.today IS 'the present day in it';
COMMENT ON COLUMN v_workspace.currency IS 'the currency of rates and rankings';
COMMENT ON FUNCTION report_html(date, date, jsonb, text) IS 'a page with funnel, trend, intent, sources and leaderboard: from this day to that, of the leads that a filter names; psql -XAtq -c writes it to a file';
COMMENT ON FUNCTION funnel_svg(date, date, jsonb, text) IS 'a picture of the sales funnel: from this day to that, of the leads that a filter names';
COMMENT ON FUNCTION _report_filter(date, date, jsonb) IS 'internal: a filter with its period';
COMMENT ON FUNCTION _report_where(text, jsonb) IS 'internal: a filter as a condition on a view';
COMMENT ON FUNCTION _report_totals(jsonb) IS 'internal: the numbers of a period';
COMMENT ON FUNCTION _report_funnel(text, jsonb, text, text, boolean) IS 'internal: the funnel of a process, drawn';
COMMENT ON FUNCTION _report_tiles(jsonb, jsonb) IS 'internal: the tiles of a report';
COMMENT ON FUNCTION _report_trend(jsonb, jsonb) IS 'internal: the trend of a report';
COMMENT ON FUNCTION _report_intent(jsonb, jsonb) IS 'internal: the intents of a report';
COMMENT ON FUNCTION _report_losses(jsonb, jsonb) IS 'internal: the reasons of losses of a report';
COMMENT ON FUNCTION _report_sources(jsonb, jsonb) IS 'internal: the sources of a report';
COMMENT ON FUNCTION _report_leaderboard(jsonb, jsonb) IS 'internal: the leaderboard of a report';

COMMENT ON VIEW v_stage IS 'the stages of all processes';
COMMENT ON COLUMN v_stage.subject IS 'what goes through it';
COMMENT ON COLUMN v_stage.stage_position IS 'order';
COMMENT ON COLUMN v_stage.step IS 'its place in the funnel, from 1; lost has none';
COMMENT ON COLUMN v_stage.stuck_after IS 'a lead that stays longer is stuck';
COMMENT ON VIEW v_intent_level IS 'the levels of intent';
COMMENT ON VIEW v_funnel IS 'the sales funnel: how far leads came; by the day they came; rows add up';
COMMENT ON COLUMN v_funnel.leads IS 'leads that came at least this far, also those that skipped it or came in later';
COMMENT ON COLUMN v_funnel.amount IS 'their expected amount; of the won stage the won amount';
COMMENT ON COLUMN v_funnel.entered IS 'leads that really were in this stage';
COMMENT ON COLUMN v_funnel.present IS 'leads that are in it now';
COMMENT ON VIEW v_funnel_total IS 'the funnel of all leads: conversion, loss, and the worst step';
COMMENT ON COLUMN v_funnel_total.leads IS 'leads that came at least this far';
COMMENT ON COLUMN v_funnel_total.amount IS 'their expected amount, all currencies together; of the won stage the won amount';
COMMENT ON COLUMN v_funnel_total.entered IS 'leads that really were in this stage';
COMMENT ON COLUMN v_funnel_total.present IS 'leads that are in it now';
COMMENT ON COLUMN v_funnel_total.from_previous IS 'conversion: share of the step before';
COMMENT ON COLUMN v_funnel_total.from_first IS 'share of the first step';
COMMENT ON COLUMN v_funnel_total.loss_rate IS 'share that was lost here';
COMMENT ON COLUMN v_funnel_total.worst IS 'the step with the lowest conversion';
COMMENT ON VIEW v_source IS 'leads, quality, sales and cost by source; by the day they came; rows add up';
COMMENT ON COLUMN v_source.leads IS 'leads that came from it first';
COMMENT ON COLUMN v_source.won IS 'won ones of these';
COMMENT ON COLUMN v_source.won_amount IS 'their amount';
COMMENT ON COLUMN v_source.leads_last_touch IS 'leads that came from it last';
COMMENT ON COLUMN v_source.won_last_touch IS 'won ones of these';
COMMENT ON COLUMN v_source.won_amount_last_touch IS 'their amount';
COMMENT ON COLUMN v_source.leads_equal_share IS 'leads, half for the first and half for the last source';
COMMENT ON COLUMN v_source.won_equal_share IS 'won ones of these';
COMMENT ON COLUMN v_source.won_amount_equal_share IS 'their amount';
COMMENT ON COLUMN v_source.cost IS 'what the source cost on the day';
COMMENT ON VIEW v_source_month IS 'each source by month: cost, return, trend, and whether it is low three months running';
COMMENT ON COLUMN v_source_month.leads_before IS 'leads of the month before';
COMMENT ON COLUMN v_source_month.leads_trend IS 'growth of leads over the month before';
COMMENT ON COLUMN v_source_month.hot_rate IS 'share of hot leads';
COMMENT ON COLUMN v_source_month.win_rate IS 'share of won leads';
COMMENT ON COLUMN v_source_month.win_rate_trend IS 'change of the win rate from the month before';
COMMENT ON COLUMN v_source_month.win_rate_all IS 'win rate of all sources in the month';
COMMENT ON COLUMN v_source_month.amount_per_lead IS 'won amount per lead';
COMMENT ON COLUMN v_source_month.cost_per_lead IS 'cost per lead';
COMMENT ON COLUMN v_source_month.cost_per_won IS 'cost per won lead';
COMMENT ON COLUMN v_source_month.roi IS 'return on investment, by first touch';
COMMENT ON COLUMN v_source_month.roi_last_touch IS 'return on investment, by last touch';
COMMENT ON COLUMN v_source_month.roi_equal_share IS 'return on investment, in equal shares';
COMMENT ON COLUMN v_source_month.low IS 'win rate below that of all sources';
COMMENT ON COLUMN v_source_month.low_for_three IS 'low in this month and the two before';
COMMENT ON VIEW v_leaderboard IS 'performance of reps: leads by the day they came, won ones by the day they were won, targets by month; rows add up';
COMMENT ON COLUMN v_leaderboard.team_target_won IS 'target of the team: won leads';
COMMENT ON COLUMN v_leaderboard.team_target_amount IS 'target of the team: amount';
COMMENT ON VIEW v_leaderboard_month IS 'the ranking of each month: place, sales, target, first contact';
COMMENT ON COLUMN v_leaderboard_month.rank IS 'place among all reps in the month';
COMMENT ON COLUMN v_leaderboard_month.attainment_won IS 'won leads of the target';
COMMENT ON VIEW v_team_month IS 'each team with those below it by month, and per head';
COMMENT ON COLUMN v_team_month.heads IS 'active reps';
COMMENT ON COLUMN v_team_month.won_per_head IS 'won leads per head';
COMMENT ON COLUMN v_team_month.won_amount_per_head IS 'won amount per head';
COMMENT ON COLUMN v_team_month.target_won IS 'target: the team''s, else the sum of its reps''';
COMMENT ON COLUMN v_team_month.target_amount IS 'target amount: the team''s, else the sum of its reps''';
COMMENT ON VIEW v_intent IS 'leads by intent at this moment; by the day they came; rows add up';
COMMENT ON VIEW v_intent_total IS 'how leads divide among the levels of intent at this moment';
COMMENT ON COLUMN v_intent_total.share IS 'share of all';
COMMENT ON VIEW v_pipeline IS 'open leads and their weighted amount; by the day they came; rows add up';
COMMENT ON COLUMN v_pipeline.weighted_amount IS 'amount x probability of the stage';
COMMENT ON VIEW v_forecast IS 'forecast: weighted amounts by expected month, beside what is won; rows add up';
COMMENT ON COLUMN v_forecast.leads IS 'open leads';
COMMENT ON COLUMN v_forecast.amount IS 'their expected amount';
COMMENT ON COLUMN v_forecast.weighted_amount IS 'weighted by the probability of their stage';
COMMENT ON COLUMN v_forecast.history_amount IS 'weighted by what became of leads that came as far';
COMMENT ON VIEW v_stage_time IS 'how long leads stay in each stage; by the day they came; rows add up';
COMMENT ON COLUMN v_stage_time.visits IS 'how often leads were in it';
COMMENT ON COLUMN v_stage_time.days IS 'days they stayed, until now where they are still there';
COMMENT ON COLUMN v_stage_time.ended IS 'of these, how many have ended';
COMMENT ON VIEW v_stage_time_total IS 'median and 90th percentile of days in each stage, of visits that have ended, within 1 %; and stuck leads';
COMMENT ON COLUMN v_stage_time_total.visits IS 'how often leads were in it';
COMMENT ON COLUMN v_stage_time_total.leads IS 'leads that were in it';
COMMENT ON COLUMN v_stage_time_total.ended IS 'those that have ended';
COMMENT ON COLUMN v_stage_time_total.average_days IS 'average days';
COMMENT ON COLUMN v_stage_time_total.median_days IS 'median of days';
COMMENT ON COLUMN v_stage_time_total.p90_days IS '90th percentile of days';
COMMENT ON COLUMN v_stage_time_total.stuck IS 'leads that are stuck';
COMMENT ON COLUMN v_stage_time_total.stuck_amount IS 'their expected amount, all currencies together';
COMMENT ON VIEW v_stuck IS 'leads that are stuck at this moment; by the day they came; rows add up';
COMMENT ON VIEW v_loss IS 'why leads are lost; by the day they were lost; rows add up';
COMMENT ON COLUMN v_loss.stage IS 'the furthest stage they had reached';
COMMENT ON COLUMN v_loss.loss_reason IS 'code of the reason';
COMMENT ON COLUMN v_loss.loss_reason_label IS 'reason';
COMMENT ON COLUMN v_loss.competitor IS 'competitor that won';
COMMENT ON VIEW v_sla IS 'first contact: how soon, who waits, what is overdue; by the day they came; rows add up';
COMMENT ON COLUMN v_sla.waiting IS 'leads that wait for it at this moment';
COMMENT ON COLUMN v_sla.overdue IS 'those of them past the deadline';
COMMENT ON COLUMN v_lead.process IS 'code of the process';
COMMENT ON COLUMN v_lead.process_label IS 'name of the process';
COMMENT ON COLUMN v_lead.stage_label IS 'name of the stage';
COMMENT ON COLUMN v_lead.stage_kind IS 'kind of the stage: open, won, lost or converted';
COMMENT ON COLUMN v_lead.stage_since IS 'since when it is in it';
COMMENT ON COLUMN v_lead.stages IS 'stages in which it was, in the order of the first time';
COMMENT ON COLUMN v_lead.furthest_stage IS 'the furthest open stage that it reached';
COMMENT ON COLUMN v_lead.furthest_stage_label IS 'name of that stage';
COMMENT ON COLUMN v_lead.furthest_step IS 'place of that stage in the funnel';
COMMENT ON COLUMN v_lead.stuck IS 'has been in an open stage for too long';
COMMENT ON COLUMN v_lead.closes_on IS 'first day of the month in which it is expected to close';
COMMENT ON COLUMN v_lead.won_at IS 'when it was won';
COMMENT ON COLUMN v_lead.won_on IS 'day on which it was won, in the workspace''s time zone';
COMMENT ON COLUMN v_lead.won_amount IS 'amount for which it was won';
COMMENT ON COLUMN v_lead.lost_at IS 'when it was lost';
COMMENT ON COLUMN v_lead.lost_on IS 'day on which it was lost, in the workspace''s time zone';
COMMENT ON COLUMN v_lead.loss_reason IS 'code of the reason of the loss';
COMMENT ON COLUMN v_lead.loss_reason_label IS 'reason of the loss';
COMMENT ON COLUMN v_lead.loss_note IS 'note on the loss';
COMMENT ON COLUMN v_lead.competitor IS 'competitor';
COMMENT ON COLUMN v_lead.province IS 'code of the province';
COMMENT ON COLUMN v_lead.province_name IS 'name of the province';
COMMENT ON COLUMN v_lead.city IS 'code of the city';
COMMENT ON COLUMN v_lead.city_name IS 'name of the city';
COMMENT ON COLUMN v_lead.territory IS 'code of the territory';
COMMENT ON COLUMN v_lead.territory_label IS 'name of the territory';
COMMENT ON COLUMN v_lead.first_channel IS 'kind of channel of the first source';
COMMENT ON COLUMN v_lead.last_channel IS 'kind of channel of the last source';
COMMENT ON COLUMN v_lead.department IS 'department: the path of team codes from the uppermost down';
COMMENT ON COLUMN v_lead.department_label IS 'department: the path of team names';
COMMENT ON COLUMN v_lead.first_contacted_at IS 'when it was first contacted';
COMMENT ON COLUMN v_lead.last_contacted_at IS 'when it was last contacted';

-- Columns that mean the same wherever they are.
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT a.attrelid::regclass AS view, a.attname, l.meaning
          FROM pg_attribute a
          JOIN (VALUES
              ('day', 'day, in the workspace''s time zone'),
              ('week', 'week, by its Monday'),
              ('month', 'month, by its first day'),
              ('quarter', 'quarter, by its first day'),
              ('year', 'year'),
              ('team', 'code of the team'),
              ('team_label', 'name of the team'),
              ('department', 'department: the path of team codes from the uppermost down'),
              ('department_label', 'department: the path of team names'),
              ('owner', 'code of the owner'),
              ('owner_name', 'name of the owner'),
              ('province', 'code of the province'),
              ('province_name', 'name of the province'),
              ('city', 'code of the city'),
              ('city_name', 'name of the city'),
              ('territory', 'territory: the innermost one in which the region lies'),
              ('territory_label', 'name of the territory'),
              ('industry', 'code of the industry'),
              ('industry_label', 'name of the industry'),
              ('product_line', 'code of the product line'),
              ('product_line_label', 'name of the product line'),
              ('source', 'code of the source'),
              ('source_label', 'name of the source'),
              ('channel', 'kind of channel'),
              ('campaign', 'campaign'),
              ('partner', 'partner'),
              ('currency', 'currency; amounts add up within one only'),
              ('process', 'code of the process'),
              ('process_label', 'name of the process'),
              ('stage', 'code of the stage'),
              ('stage_label', 'name of the stage'),
              ('stage_kind', 'kind of the stage: open, won, lost or converted'),
              ('step', 'its place in the funnel, from 1'),
              ('probability', 'how likely leads in this stage are won'),
              ('leads', 'number of leads'),
              ('amount', 'expected amount'),
              ('expected_amount', 'expected amount'),
              ('won', 'leads that are won'),
              ('won_amount', 'amount of the won ones'),
              ('lost', 'lost leads that got no further'),
              ('lost_amount', 'their expected amount'),
              ('scored', 'leads that have a score'),
              ('score', 'sum of their scores'),
              ('average_score', 'average score'),
              ('hot', 'hot leads'),
              ('cost', 'what it cost'),
              ('intent', 'level of intent'),
              ('intent_label', 'name of the level'),
              ('intent_position', 'order of the level'),
              ('assigned', 'leads that were assigned'),
              ('contacted', 'leads that were contacted'),
              ('contact_minutes', 'sum of minutes from assignment to first contact'),
              ('contact_rate', 'contacted of the assigned'),
              ('average_contact_minutes', 'average minutes to the first contact'),
              ('target_won', 'target of reps: won leads'),
              ('target_amount', 'target of reps: amount'),
              ('created_on', 'day on which it came'),
              ('won_on', 'day on which it was won'),
              ('lost_on', 'day on which it was lost'),
              ('closes_on', 'first day of the month in which it should close'),
              ('kind', 'kind of lead'),
              ('id', 'the lead'),
              ('region', 'code of the region'),
              ('stages', 'stages reached, in the order of their first entry'),
              ('first_source', 'code of the first source'),
              ('last_source', 'code of the last source'),
              ('loss_reason', 'code of the reason of the loss'),
              ('competitor', 'competitor'),
              ('part', 'which part'),
              ('late', 'leads past their deadline'),
              ('stayed', 'days they stayed'),
              ('ended', 'visits that have ended'),
              ('touched', 'leads by last touch'),
              ('waiting', 'leads that wait for their first contact'),
              ('team_target_won', 'target of the team: won leads'),
              ('team_target_amount', 'target of the team: amount'),
              ('first_contacted_at', 'when it was first contacted'),
              ('first_contact_due_at', 'by when it is to be contacted'),
              ('stage_since', 'since when it is in its stage'),
              ('won_at', 'when it was won'),
              ('lost_at', 'when it was lost'),
              ('lifecycle', 'its dated stages'),
              ('path', 'stages in order'),
              ('steps', 'how many of them are open'),
              ('win_rate', 'share of won leads'),
              ('attainment', 'won amount of the target')
          ) AS l (name, meaning) ON l.name = a.attname
         WHERE a.attrelid = ANY ('{v_stage, v_intent_level, v_funnel, v_funnel_total, v_source, v_source_month, v_leaderboard,
          v_leaderboard_month, v_team_month, v_intent, v_intent_total, v_pipeline, v_forecast, v_stage_time,
          v_stage_time_total, v_stuck, v_loss, v_sla, _cube_lead, _cube_recount, _cube, _department,
          _territory_region, _currency, _path, _open_stage, _part, _fact, _cost, _stage_history, _rep_month}'::regclass[])
           AND col_description(a.attrelid, a.attnum) IS NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', c.view, c.attname, c.meaning);
    END LOOP;
END $$;

-- part: seed

INSERT INTO source (code, label, channel, position, added_by) VALUES
    ('google_ads',    'Google Ads',      'search_ad',    10, 'template'),
    ('baidu',         'Baidu',           'search_ad',    20, 'template'),
    ('linkedin',      'LinkedIn',        'social',       30, 'template'),
    ('wechat',        'WeChat',          'social',       40, 'template'),
    ('douyin',        'Douyin',          'social',       50, 'template'),
    ('alibaba',       'Alibaba',         'marketplace',  60, 'template'),
    ('trade_show',    'Trade show',      'event',        70, 'template'),
    ('call_centre',   'Call centre',     'phone',        80, 'template'),
    ('website',       'Website',         'website',      90, 'template'),
    ('website_quote', 'Website: quote',  'website',     100, 'template'),
    ('partner',       'Partner',         'partner',     110, 'template'),
    ('unknown',       'Unknown source',  NULL,          999, 'template');

INSERT INTO industry (code, label, synonyms, position) VALUES
    ('manufacturing', 'Manufacturing',        '{industrial,machinery,factory}', 10),
    ('automotive',    'Automotive',           '{car,cars,vehicles,auto parts}', 20),
    ('electronics',   'Electronics',          '{semiconductors,chips,consumer electronics}', 30),
    ('software',      'Software and IT',      '{software,IT,information technology,internet,SaaS,cloud}', 40),
    ('telecom',       'Telecommunications',   '{telecom,telecoms,carrier}', 50),
    ('finance',       'Finance',              '{banking,bank,insurance,investment,financial services}', 60),
    ('healthcare',    'Healthcare',           '{health,hospital,medical,medical devices}', 70),
    ('pharma',        'Pharmaceuticals',      '{pharma,biotech,life sciences}', 80),
    ('education',     'Education',            '{training,school,university,e-learning}', 90),
    ('retail',        'Retail',               '{shop,stores,supermarket}', 100),
    ('ecommerce',     'E-commerce',           '{online shop,online retail}', 110),
    ('trade',         'Wholesale and trade',  '{wholesale,trading,import,export,distribution}', 120),
    ('logistics',     'Logistics',            '{transport,shipping,freight,warehousing,supply chain}', 130),
    ('construction',  'Construction',         '{building,engineering,building materials}', 140),
    ('real_estate',   'Real estate',          '{property,property management}', 150),
    ('catering',      'Catering',             '{restaurant,restaurants,food service}', 160),
    ('hospitality',   'Hospitality and travel', '{hotel,hotels,tourism,travel}', 170),
    ('food',          'Food and beverage',    '{food,beverage,beverages,FMCG}', 180),
    ('energy',        'Energy',               '{power,oil and gas,chemicals,solar,utilities}', 190),
    ('environment',   'Environment',          '{environmental,water,recycling}', 200),
    ('agriculture',   'Agriculture',          '{farming,agribusiness}', 210),
    ('media',         'Media and advertising', '{media,advertising,marketing,publishing,entertainment}', 220),
    ('services',      'Business services',    '{consulting,legal,accounting,human resources,professional services}', 230),
    ('government',    'Government',           '{public sector,administration}', 240);

UPDATE identity_rule r SET label = l.label FROM (VALUES
    ('unionid', 'the same WeChat UnionID: merge'),
    ('phone', 'the same phone: merge, or review when the names contradict'),
    ('email', 'the same mail address: merge'),
    ('wechat', 'the same WeChat id: merge'),
    ('company_person', 'the same company and person: review'),
    ('tax_id', 'the same tax number: link'),
    ('company_project', 'the same company and project: review'),
    ('project_phone', 'the same phone of two projects: link')
) AS l (code, label) WHERE l.code = r.code;

-- The sample leads are Chinese, and so are their sources.
UPDATE half_life r SET label = l.label FROM (VALUES
    ('1', 'short: pages seen'),
    ('2', 'weeks: downloads, mails'),
    ('3', 'months: inquiries, events'),
    ('4', 'long: contact details left')
) AS l (class, label) WHERE l.class::smallint = r.class;

UPDATE activity_kind r SET label = l.label FROM (VALUES
    ('inquiry', 'inquiry'),
    ('view_page', 'page seen'),
    ('view_product', 'product page seen'),
    ('view_price', 'price page seen'),
    ('download_whitepaper', 'white paper downloaded'),
    ('download_case', 'case study downloaded'),
    ('download_document', 'technical document downloaded'),
    ('webinar_registered', 'registered for a webinar'),
    ('webinar_attended', 'attended a webinar'),
    ('salon_registered', 'registered for a salon'),
    ('salon_attended', 'attended a salon'),
    ('mail_opened', 'mail opened'),
    ('mail_clicked', 'link in a mail clicked'),
    ('ask_price', 'asked for the price'),
    ('ask_discount', 'asked for a discount'),
    ('ask_solution', 'asked for a solution'),
    ('ask_quote', 'asked for a detailed quote'),
    ('book_demo', 'booked a demo'),
    ('book_visit', 'booked a visit'),
    ('discuss_implementation', 'discusses implementation'),
    ('discuss_contract', 'discusses contract terms'),
    ('message', 'message'),
    ('card_exchanged', 'cards exchanged'),
    ('contact_left', 'contact details left'),
    ('subscribed', 'subscribed'),
    ('call', 'Call'),
    ('visit', 'Visit'),
    ('meeting', 'Meeting'),
    ('demo', 'Demo'),
    ('proposal', 'Proposal sent'),
    ('chat', 'Chat'),
    ('mail', 'Mail sent')
) AS l (kind, label) WHERE l.kind = r.kind;

UPDATE process r SET label = l.label FROM (VALUES
    ('lead', 'Leads'),
    ('project', 'Projects'),
    ('opportunity', 'Opportunities')
) AS l (code, label) WHERE l.code = r.code;

UPDATE stage r SET label = l.label FROM (VALUES
    ('new', 'New'),
    ('contacted', 'First contact'),
    ('analysis', 'Needs analysis'),
    ('proposal', 'Proposal'),
    ('negotiation', 'Negotiation'),
    ('won', 'Won'),
    ('lost', 'Lost'),
    ('proposal_submitted', 'Proposal submitted'),
    ('internal_review', 'Customer''s internal review'),
    ('qualified', 'Qualified'),
    ('quote', 'Quote')
) AS l (code, label) WHERE l.code = r.code;

UPDATE loss_reason r SET label = l.label FROM (VALUES
    ('price', 'price too high'),
    ('features', 'features do not fit'),
    ('competitor', 'lost to a competitor'),
    ('budget', 'no budget'),
    ('timing', 'not now'),
    ('no_answer', 'cannot be reached'),
    ('not_a_customer', 'not a customer'),
    ('cancelled', 'project cancelled'),
    ('other', 'other')
) AS l (code, label) WHERE l.code = r.code;

UPDATE approval_rule r SET label = l.label FROM (VALUES
    ('visit', 'Visit to a customer'),
    ('discount', 'Discount'),
    ('contract', 'Signing a contract')
) AS l (code, label) WHERE l.code = r.code;

UPDATE pool_rule r SET label = l.label FROM (VALUES
    ('planned', 'A contact is planned within 30 days: stays'),
    ('hot', 'Hot, no follow-up for 3 days'),
    ('warm', 'Warm, no follow-up for 10 days'),
    ('cold', 'Cold, no follow-up for 30 days')
) AS l (code, label) WHERE l.code = r.code;

UPDATE intent_level r SET label = l.label FROM (VALUES
    ('hot', 'hot'),
    ('warm', 'warm'),
    ('cold', 'cold')
) AS l (level, label) WHERE l.level = r.level;

UPDATE intent_rule r SET label = l.label FROM (VALUES
    ('demo_form', 'asked for a demo or a quote by form'),
    ('asked_price', 'asked for price or discount'),
    ('asked_solution', 'asked for a solution or a detailed quote'),
    ('booked', 'booked a demo or a visit'),
    ('discusses', 'discusses implementation or contract'),
    ('core_pages', 'saw product or price pages 3 times in 7 days'),
    ('downloaded', 'downloaded a paper'),
    ('attended', 'attended a webinar or salon'),
    ('mail_read', 'opened or clicked mails twice in 14 days'),
    ('asked_quote', 'asked for a quote or a demo'),
    ('took_document', 'took a white paper, case study or technical document'),
    ('writes_of_price', 'writes of price or discount'),
    ('writes_of_solution', 'writes of solution, implementation, contract or demo')
) AS l (code, label) WHERE l.code = r.code;

UPDATE pool r SET label = l.label FROM (VALUES
    ('common', 'public pool')
) AS l (code, label) WHERE l.code = r.code;

UPDATE assignment_rule r SET label = l.label FROM (VALUES
    ('quote_to_director', 'asked for a quote on the website: to the director of the territory'),
    ('by_territory', 'to a rep of the territory'),
    ('by_industry', 'to who knows the industry best'),
    ('everybody', 'to who has the most room')
) AS l (code, label) WHERE l.code = r.code;

UPDATE score_cap r SET label = l.label FROM (VALUES
    ('title', 'title'),
    ('company', 'company size'),
    ('budget', 'budget'),
    ('contact', 'how much is known')
) AS l (cap_group, label) WHERE l.cap_group = r.cap_group;

UPDATE score_rule r SET label = l.label FROM (VALUES
    ('title_chief', 'chief executive or owner'),
    ('title_director', 'director'),
    ('title_manager', 'manager'),
    ('title_buyer', 'buyer'),
    ('size_1000', '1,000 people or more'),
    ('size_200', '200 to 999 people'),
    ('size_50', '50 to 199 people'),
    ('size_10', '10 to 49 people'),
    ('budget_1000k', 'budget of 1,000,000 or more'),
    ('budget_200k', 'budget of 200,000 to 1,000,000'),
    ('budget_50k', 'budget of 50,000 to 200,000'),
    ('budget_some', 'budget below 50,000'),
    ('budget_exact', 'budget is exact'),
    ('phone_known', 'telephone known'),
    ('mail_known', 'mail address known'),
    ('wechat_known', 'WeChat known'),
    ('company_known', 'company known'),
    ('industry_known', 'industry known'),
    ('partner_referral', 'referred by a partner'),
    ('project', 'a project'),
    ('no_way_to_reach', 'no way to reach'),
    ('unreadable_phone', 'telephone cannot be read'),
    ('title_chief_zh', 'chief executive or owner (Chinese title)'),
    ('title_director_zh', 'director (Chinese title)'),
    ('title_manager_zh', 'manager (Chinese title)'),
    ('title_buyer_zh', 'buyer (Chinese title)')
) AS l (code, label) WHERE l.code = r.code;

-- part: sample

INSERT INTO source (code, label, channel, position, added_by) VALUES
    ('百度推广',      'Baidu ads',               'search_ad',   210, 'template'),
    ('360推广',       '360 ads',                 'search_ad',   220, 'template'),
    ('微信公众号',    'WeChat official account', 'social',      230, 'template'),
    ('抖音',          'Douyin',                  'social',      240, 'template'),
    ('阿里巴巴',      'Alibaba',                 'marketplace', 250, 'template'),
    ('展会名片',      'Trade show cards',        'event',       260, 'template'),
    ('呼叫中心',      'Call centre',             'phone',       270, 'template'),
    ('官网',          'Website',                 'website',     280, 'template'),
    ('官网-索要报价', 'Website: quote',          'website',     290, 'template'),
    ('渠道伙伴',      'Partner',                 'partner',     300, 'template');

INSERT INTO product_line (code, label, synonyms, position) VALUES
    ('standard',     'Standard',           '{标准版}', 10),
    ('professional', 'Professional',       '{专业版}', 20),
    ('enterprise',   'Enterprise',         '{企业版}', 30),
    ('mobile',       'Mobile',             '{移动版}', 40),
    ('call_centre',  'Call centre module', '{呼叫中心模块}', 50);

UPDATE team r SET label = l.label FROM (VALUES
    ('sales', 'Sales'),
    ('chongqing', 'Chongqing'),
    ('south', 'South China'),
    ('industry', 'Industries')
) AS l (code, label) WHERE l.code = r.code;

UPDATE rep r SET name = l.name FROM (VALUES
    ('zhang', 'Zhang San'),
    ('li', 'Li Si'),
    ('wang', 'Wang Wu'),
    ('zhao', 'Zhao Liu'),
    ('qian', 'Qian Qi'),
    ('sun', 'Sun Ba'),
    ('zhou', 'Zhou Jiu'),
    ('wu', 'Wu Shi'),
    ('zheng', 'Zheng Shiyi')
) AS l (code, name) WHERE l.code = r.code;

UPDATE territory r SET label = l.label FROM (VALUES
    ('chongqing', 'Chongqing'),
    ('chongqing_main', 'Chongqing, inner districts'),
    ('chongqing_west', 'Chongqing, west'),
    ('south', 'South China')
) AS l (code, label) WHERE l.code = r.code;

UPDATE assignment_rule r SET label = l.label FROM (VALUES
    ('nowhere_to_call', 'no way to reach: to the public pool')
) AS l (code, label) WHERE l.code = r.code;
