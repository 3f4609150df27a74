-- Comments and labels of a workspace in Chinese; the template is beside.
-- Its parts are run by create_workspace(); "comments" also by an upgrade and a
-- repair, which pass by whatever has a comment already.

-- part: comments

COMMENT ON TABLE workspace IS '工作区自身：一行，记录版本、语言、时区和设置';
COMMENT ON COLUMN workspace.version IS '模板版本；由 upgrade_workspace 修改';
COMMENT ON COLUMN workspace.locale IS '标签和注释的语言：zh 或 en';
COMMENT ON COLUMN workspace.time_zone IS '按日、按月统计所用的时区';
COMMENT ON COLUMN workspace.settings IS '工作区的设置';
COMMENT ON COLUMN workspace.created_at IS '创建时间';
COMMENT ON COLUMN workspace.only_row IS '恒为真，保证只有一行';

COMMENT ON TABLE access IS '谁被授予了哪种权限；修复时据此重新授权';
COMMENT ON COLUMN access.role IS '被授权的数据库角色';
COMMENT ON COLUMN access.kind IS '权限种类：admin 管理，writer 写入，intake 只收线索，analyst 分析，rep 销售，manager 主管';
COMMENT ON COLUMN access.granted_by IS '授权人';
COMMENT ON COLUMN access.granted_at IS '授权时间';

COMMENT ON TABLE workspace_object IS '模板创建的对象及其原文；升级时据此判断哪些已被所有者改动';
COMMENT ON COLUMN workspace_object.kind IS '对象种类';
COMMENT ON COLUMN workspace_object.object IS '对象名，不含模式名';
COMMENT ON COLUMN workspace_object.shipped IS '随模板发布的定义';

COMMENT ON TABLE source IS '线索来源';
COMMENT ON COLUMN source.code IS '来源代码，即线索中所写的值';
COMMENT ON COLUMN source.label IS '显示名称';
COMMENT ON COLUMN source.channel IS '渠道类别，例如 search_ad、social、website';
COMMENT ON COLUMN source.position IS '显示顺序';
COMMENT ON COLUMN source.active IS '是否启用；随线索到来的未知来源为否';
COMMENT ON COLUMN source.on_duplicate IS '重复线索的处理：rule 按查重规则，reject 报错 23505';
COMMENT ON COLUMN source.added_by IS '由谁加入：template 模板，admin 管理员，arrival 随线索到来';

COMMENT ON TABLE source_cost IS '来源的投放费用';
COMMENT ON COLUMN source_cost.id IS '编号';
COMMENT ON COLUMN source_cost.source IS '来源代码';
COMMENT ON COLUMN source_cost.campaign IS '推广计划；空为整个来源';
COMMENT ON COLUMN source_cost.from_date IS '费用所属的第一天';
COMMENT ON COLUMN source_cost.to_date IS '费用所属的最后一天';
COMMENT ON COLUMN source_cost.amount IS '金额';
COMMENT ON COLUMN source_cost.currency IS '币种（ISO 4217）';
COMMENT ON COLUMN source_cost.note IS '备注';

COMMENT ON TABLE industry IS '行业及其别名';
COMMENT ON COLUMN industry.code IS '行业代码';
COMMENT ON COLUMN industry.label IS '显示名称';
COMMENT ON COLUMN industry.parent IS '上级行业的代码';
COMMENT ON COLUMN industry.synonyms IS '别名；线索中写任何一个都算此行业';
COMMENT ON COLUMN industry.position IS '显示顺序';
COMMENT ON COLUMN industry.active IS '是否启用';

COMMENT ON TABLE product_line IS '产品线及其别名';
COMMENT ON COLUMN product_line.code IS '产品线代码';
COMMENT ON COLUMN product_line.label IS '显示名称';
COMMENT ON COLUMN product_line.synonyms IS '别名；线索中写任何一个都算此产品线';
COMMENT ON COLUMN product_line.position IS '显示顺序';
COMMENT ON COLUMN product_line.active IS '是否启用';

COMMENT ON TABLE region IS '全国行政区划（GB/T 2260）';
COMMENT ON COLUMN region.code IS '区划代码：2 位省，4 位市，6 位区县';
COMMENT ON COLUMN region.name IS '名称';
COMMENT ON COLUMN region.full_name IS '带上级的全称';
COMMENT ON COLUMN region.parent IS '上级区划的代码';
COMMENT ON COLUMN region.level IS '级别：1 省，2 市，3 区县';

COMMENT ON TABLE team IS '团队，逐级构成部门树';
COMMENT ON COLUMN team.code IS '团队代码，即 lead.team 中的值';
COMMENT ON COLUMN team.label IS '显示名称';
COMMENT ON COLUMN team.parent IS '上级团队';
COMMENT ON COLUMN team.manager IS '主管的销售代码';
COMMENT ON COLUMN team.active IS '是否启用';

COMMENT ON TABLE calendar IS '工作日历';
COMMENT ON COLUMN calendar.code IS '日历代码';
COMMENT ON COLUMN calendar.label IS '显示名称';

COMMENT ON TABLE calendar_hours IS '一周中每天的工作时段';
COMMENT ON COLUMN calendar_hours.calendar IS '日历';
COMMENT ON COLUMN calendar_hours.weekday IS '星期：1 为星期一，7 为星期日';
COMMENT ON COLUMN calendar_hours.opens IS '上班时间（工作区时区）';
COMMENT ON COLUMN calendar_hours.closes IS '下班时间（工作区时区）';

COMMENT ON TABLE rep IS '销售人员';
COMMENT ON COLUMN rep.code IS '销售代码，即 lead.owner 中的值';
COMMENT ON COLUMN rep.role IS '对应的数据库角色；能看到什么以此为准';
COMMENT ON COLUMN rep.name IS '姓名';
COMMENT ON COLUMN rep.team IS '所属团队';
COMMENT ON COLUMN rep.position IS '岗位，例如 director 总监；规则可以指定';
COMMENT ON COLUMN rep.capacity IS '在手线索上限；任何情况下不会超过';
COMMENT ON COLUMN rep.daily_limit IS '每天最多分到的线索数；空为不限';
COMMENT ON COLUMN rep.weight IS '轮流分配的权重：2 分到的是 1 的两倍';
COMMENT ON COLUMN rep.calendar IS '工作日历；空为全天';
COMMENT ON COLUMN rep.active IS '是否参与分配；已离职的为否';
COMMENT ON COLUMN rep.dingtalk_id IS '钉钉账号';
COMMENT ON COLUMN rep.wecom_id IS '企业微信账号';
COMMENT ON COLUMN rep.feishu_id IS '飞书账号';

COMMENT ON TABLE rep_absence IS '销售请假、出差等不参与分配的时段';
COMMENT ON COLUMN rep_absence.id IS '编号';
COMMENT ON COLUMN rep_absence.rep IS '销售';
COMMENT ON COLUMN rep_absence.from_at IS '开始时间';
COMMENT ON COLUMN rep_absence.until_at IS '返回时间';
COMMENT ON COLUMN rep_absence.reason IS '原因';

COMMENT ON TABLE rep_skill IS '销售擅长什么';
COMMENT ON COLUMN rep_skill.rep IS '销售';
COMMENT ON COLUMN rep_skill.kind IS '类别：region 地区，industry 行业，product_line 产品线，source 来源，language 语言';
COMMENT ON COLUMN rep_skill.value IS '擅长的代码；地区包括其下各级';
COMMENT ON COLUMN rep_skill.level IS '熟练程度，1 到 5';

COMMENT ON TABLE territory IS '销售片区：一组地区';
COMMENT ON COLUMN territory.code IS '片区代码';
COMMENT ON COLUMN territory.label IS '显示名称';
COMMENT ON COLUMN territory.parent IS '上级片区；本片区无人可分时向上找';
COMMENT ON COLUMN territory.regions IS '行政区划代码，包括其下各级：44 包括 440300';
COMMENT ON COLUMN territory.active IS '是否启用';

COMMENT ON TABLE territory_rep IS '谁负责哪个片区';
COMMENT ON COLUMN territory_rep.territory IS '片区';
COMMENT ON COLUMN territory_rep.rep IS '销售';
COMMENT ON COLUMN territory_rep.position IS '在本片区的岗位；空为 rep 表中的岗位';

COMMENT ON TABLE pool IS '公海：无人负责的线索在此等待';
COMMENT ON COLUMN pool.code IS '公海代码，即 lead.pool 中的值';
COMMENT ON COLUMN pool.label IS '显示名称';
COMMENT ON COLUMN pool.team IS '所属团队；空为全员公海';
COMMENT ON COLUMN pool.position IS '顺序；无人可分的线索进入第一个全员公海';
COMMENT ON COLUMN pool.claim_limit IS '每人每天最多领取数；空为不限';
COMMENT ON COLUMN pool.locked_for IS '刚进入的线索多久之内不能领取';
COMMENT ON COLUMN pool.cool_down IS '原负责人多久之内不能领回';
COMMENT ON COLUMN pool.first_contact IS '领取后须在多长时间内联系';
COMMENT ON COLUMN pool.active IS '是否启用';

COMMENT ON TABLE assignment_rule IS '分配规则：哪些线索归谁';
COMMENT ON COLUMN assignment_rule.code IS '规则代码';
COMMENT ON COLUMN assignment_rule.label IS '规则说明';
COMMENT ON COLUMN assignment_rule.position IS '顺序；第一条符合且有人可分的规则生效';
COMMENT ON COLUMN assignment_rule.condition IS '条件：对线索行的 SQL 表达式，见 docs/rules.md';
COMMENT ON COLUMN assignment_rule.strategy IS '策略：direct 指定，round_robin 轮流，least_loaded 负载最低，skilled 最擅长，sticky 原负责人，pool 公海';
COMMENT ON COLUMN assignment_rule.rep IS '仅限此销售';
COMMENT ON COLUMN assignment_rule.team IS '仅限此团队及其下级团队';
COMMENT ON COLUMN assignment_rule.territory IS '仅限此片区';
COMMENT ON COLUMN assignment_rule.by_territory IS '仅限线索所在片区';
COMMENT ON COLUMN assignment_rule.rep_position IS '仅限此岗位';
COMMENT ON COLUMN assignment_rule.required_skills IS '仅限这些类别上擅长此线索的销售';
COMMENT ON COLUMN assignment_rule.sticky IS '是否优先分给同一人或同一客户以前线索的负责人';
COMMENT ON COLUMN assignment_rule.working_hours IS '是否仅限此刻在上班的销售';
COMMENT ON COLUMN assignment_rule.first_contact IS '须在多长时间内首次联系';
COMMENT ON COLUMN assignment_rule.fallback_team IS '各规则都无人可分时分给的团队';
COMMENT ON COLUMN assignment_rule.pool IS '策略为 pool 或无人可分时进入的公海';
COMMENT ON COLUMN assignment_rule.active IS '是否启用';

COMMENT ON TABLE lead IS '线索：来自所有渠道的人和项目';
COMMENT ON COLUMN lead.id IS '线索编号';
COMMENT ON COLUMN lead.lifecycle IS '经过的阶段及时间，由 stage_change 得出';
COMMENT ON COLUMN lead.kind IS '类型：contact 联系人，project 项目';
COMMENT ON COLUMN lead.name IS '姓名';
COMMENT ON COLUMN lead.company IS '公司名称';
COMMENT ON COLUMN lead.title IS '职位';
COMMENT ON COLUMN lead.phone IS '电话，能识别时为 E.164 格式';
COMMENT ON COLUMN lead.email IS '电子邮箱';
COMMENT ON COLUMN lead.wechat IS '微信号';
COMMENT ON COLUMN lead.unionid IS '微信 UnionID';
COMMENT ON COLUMN lead.tax_id IS '统一社会信用代码';
COMMENT ON COLUMN lead.address IS '地址';
COMMENT ON COLUMN lead.region IS '行政区划代码';
COMMENT ON COLUMN lead.industry IS '行业代码，无法识别时为原文';
COMMENT ON COLUMN lead.product_line IS '产品线代码，无法识别时为原文';
COMMENT ON COLUMN lead.company_size IS '公司人数';
COMMENT ON COLUMN lead.budget_min IS '预算下限';
COMMENT ON COLUMN lead.budget_max IS '预算上限';
COMMENT ON COLUMN lead.budget_status IS '预算状态';
COMMENT ON COLUMN lead.first_source IS '首次来源';
COMMENT ON COLUMN lead.last_source IS '最近来源';
COMMENT ON COLUMN lead.last_form IS '最近提交的表单';
COMMENT ON COLUMN lead.last_inbound_at IS '最近一次来询的时间';
COMMENT ON COLUMN lead.campaign IS '推广计划';
COMMENT ON COLUMN lead.partner IS '渠道伙伴';
COMMENT ON COLUMN lead.external_id IS '来源系统中的编号，在同一来源内唯一';
COMMENT ON COLUMN lead.project_name IS '项目名称';
COMMENT ON COLUMN lead.expected_amount IS '预计成交金额';
COMMENT ON COLUMN lead.currency IS '币种';
COMMENT ON COLUMN lead.expected_close_on IS '预计成交日期';
COMMENT ON COLUMN lead.process IS '所走的流程';
COMMENT ON COLUMN lead.stage IS '所处阶段';
COMMENT ON COLUMN lead.stage_since IS '进入当前阶段的时间';
COMMENT ON COLUMN lead.won_at IS '赢单时间';
COMMENT ON COLUMN lead.won_amount IS '赢单金额';
COMMENT ON COLUMN lead.lost_at IS '输单时间';
COMMENT ON COLUMN lead.loss_reason IS '丢单原因';
COMMENT ON COLUMN lead.loss_note IS '丢单说明';
COMMENT ON COLUMN lead.competitor IS '输给的竞争对手';
COMMENT ON COLUMN lead.intent IS '意向：hot 高，warm 中，cold 低';
COMMENT ON COLUMN lead.intent_since IS '进入当前意向的时间';
COMMENT ON COLUMN lead.intent_before IS '变化之前的意向；空为从未变化';
COMMENT ON COLUMN lead.intent_due_at IS '意向最早可能仅因时间而变化的时刻；由 tick 处理';
COMMENT ON COLUMN lead.signals IS '使线索保持某意向的规则及其截止时间';
COMMENT ON COLUMN lead.score IS '评分';
COMMENT ON COLUMN lead.fit IS '符合度：按行匹配的评分规则之和（含扣分，已封顶）';
COMMENT ON COLUMN lead.behaviour_1 IS '行为分，第 1 类半衰期：在基准时间值几分（1 至 2 之间）';
COMMENT ON COLUMN lead.behaviour_1_at IS '第 1 类行为分的基准时间';
COMMENT ON COLUMN lead.behaviour_2 IS '行为分，第 2 类半衰期：在基准时间值几分（1 至 2 之间）';
COMMENT ON COLUMN lead.behaviour_2_at IS '第 2 类行为分的基准时间';
COMMENT ON COLUMN lead.behaviour_3 IS '行为分，第 3 类半衰期：在基准时间值几分（1 至 2 之间）';
COMMENT ON COLUMN lead.behaviour_3_at IS '第 3 类行为分的基准时间';
COMMENT ON COLUMN lead.behaviour_4 IS '行为分，第 4 类半衰期：在基准时间值几分（1 至 2 之间）';
COMMENT ON COLUMN lead.behaviour_4_at IS '第 4 类行为分的基准时间';
COMMENT ON COLUMN lead.owner IS '负责人的销售代码';
COMMENT ON COLUMN lead.team IS '所属团队';
COMMENT ON COLUMN lead.pool IS '所在公海';
COMMENT ON COLUMN lead.pool_since IS '进入公海的时间';
COMMENT ON COLUMN lead.assigned_at IS '分配时间';
COMMENT ON COLUMN lead.touched_at IS '分配时间或最近联系时间，取较晚者';
COMMENT ON COLUMN lead.recycle_at IS 'tick 下次查看是否放回公海的时间；空为不放回';
COMMENT ON COLUMN lead.first_contact_due_at IS '首次联系的期限';
COMMENT ON COLUMN lead.first_contacted_at IS '首次联系的时间';
COMMENT ON COLUMN lead.first_contact_from IS '首次联系计时的起点，仅在联系之后又重新分配的线索上有';
COMMENT ON COLUMN lead.last_contacted_at IS '最近联系的时间';
COMMENT ON COLUMN lead.next_contact_at IS '下次联系的时间';
COMMENT ON COLUMN lead.merged_into IS '已并入的线索；空为有效线索';
COMMENT ON COLUMN lead.attrs IS '其他字段，以及无法识别的原文';
COMMENT ON COLUMN lead.created_at IS '线索产生的时间';
COMMENT ON COLUMN lead.updated_at IS '最近修改的时间';

COMMENT ON TABLE identity_rule IS '查重规则：哪些键识别同一个人，命中后怎么办';
COMMENT ON COLUMN identity_rule.code IS '规则代码';
COMMENT ON COLUMN identity_rule.position IS '次序；命中多条时取最前的';
COMMENT ON COLUMN identity_rule.lead_kind IS '适用的线索类型；空为全部';
COMMENT ON COLUMN identity_rule.kind IS '键的种类';
COMMENT ON COLUMN identity_rule.expression IS '自定义键的表达式';
COMMENT ON COLUMN identity_rule.scope IS '范围表达式；键只在同一范围内查重';
COMMENT ON COLUMN identity_rule.action IS '命中时：merge 合并，link 关联，review 复核，reject 拒绝';
COMMENT ON COLUMN identity_rule.weak IS '弱键，例如总机号码：不占有，只提示';
COMMENT ON COLUMN identity_rule.check_name IS '姓名矛盾时转复核，不合并';
COMMENT ON COLUMN identity_rule.max_age IS '持有者最近来询早于此时长则不再算重复';
COMMENT ON COLUMN identity_rule.active IS '是否启用';
COMMENT ON COLUMN identity_rule.label IS '说明';

COMMENT ON TABLE identity IS '线索持有的识别键';
COMMENT ON COLUMN identity.lead_id IS '线索编号；0 表示已知为多人共用';
COMMENT ON COLUMN identity.kind IS '键的种类';
COMMENT ON COLUMN identity.scope IS '范围';
COMMENT ON COLUMN identity.key IS '键的规范形式';
COMMENT ON COLUMN identity.live IS '是否占有；同一键只能有一个占有者';
COMMENT ON COLUMN identity.state IS '状态：held 占有，shared 共用，weak 弱键，linked 关联，review 复核，expired 过期';
COMMENT ON COLUMN identity.brought_by IS '带来此键的已合并线索';
COMMENT ON COLUMN identity.claimed_at IS '登记时间';

COMMENT ON TABLE duplicate IS '疑似重复的线索对，等待或已有结论';
COMMENT ON COLUMN duplicate.id IS '编号';
COMMENT ON COLUMN duplicate.lead_a IS '编号较小的线索';
COMMENT ON COLUMN duplicate.lead_b IS '编号较大的线索';
COMMENT ON COLUMN duplicate.rule IS '命中的规则';
COMMENT ON COLUMN duplicate.kind IS '命中的键的种类';
COMMENT ON COLUMN duplicate.status IS '状态：open 待处理，linked 已关联，merged 已合并，distinct 不是同一个';
COMMENT ON COLUMN duplicate.reason IS '转复核的原因';
COMMENT ON COLUMN duplicate.found_at IS '发现时间';
COMMENT ON COLUMN duplicate.decided_at IS '处理时间';
COMMENT ON COLUMN duplicate.decided_by IS '处理人';

COMMENT ON TABLE merge_log IS '合并记录，供撤销';
COMMENT ON COLUMN merge_log.id IS '编号';
COMMENT ON COLUMN merge_log.winner IS '保留的线索';
COMMENT ON COLUMN merge_log.loser IS '被合并的线索';
COMMENT ON COLUMN merge_log.rule IS '依据的规则；手工合并为空';
COMMENT ON COLUMN merge_log.merged_at IS '合并时间';
COMMENT ON COLUMN merge_log.actor IS '操作人';
COMMENT ON COLUMN merge_log.before IS '合并前的值';
COMMENT ON COLUMN merge_log.undone_at IS '撤销时间';
COMMENT ON COLUMN merge_log.undone_by IS '撤销人';

COMMENT ON TABLE score_rule IS '评分规则：条件成立则计分';
COMMENT ON COLUMN score_rule.code IS '规则代码';
COMMENT ON COLUMN score_rule.label IS '说明';
COMMENT ON COLUMN score_rule.axis IS '维度：fit 符合度，behaviour 行为，penalty 扣分';
COMMENT ON COLUMN score_rule.condition IS '条件，SQL 布尔表达式，见 docs/rules.md';
COMMENT ON COLUMN score_rule.points IS '分值；扣分为负';
COMMENT ON COLUMN score_rule.cap_group IS '封顶组；空为不封顶';
COMMENT ON COLUMN score_rule.valid_from IS '生效时间';
COMMENT ON COLUMN score_rule.valid_to IS '失效时间';
COMMENT ON COLUMN score_rule.active IS '是否启用';

COMMENT ON TABLE score_cap IS '封顶组：组内规则合计的上限';
COMMENT ON COLUMN score_cap.cap_group IS '组';
COMMENT ON COLUMN score_cap.label IS '说明';
COMMENT ON COLUMN score_cap.most IS '上限（正负两个方向）';

COMMENT ON TABLE half_life IS '半衰期类：行为分随时间减半的快慢';
COMMENT ON COLUMN half_life.class IS '类，1 至 4';
COMMENT ON COLUMN half_life.label IS '说明';
COMMENT ON COLUMN half_life.half_life IS '分值减半所需的时间';
COMMENT ON COLUMN half_life.most IS '该类行为分的上限；空为不限';

COMMENT ON TABLE activity_kind IS '往来种类及其行为分';
COMMENT ON COLUMN activity_kind.kind IS '种类，即 activity.kind';
COMMENT ON COLUMN activity_kind.label IS '显示名称';
COMMENT ON COLUMN activity_kind.direction IS '只计此方向的往来；空为全部';
COMMENT ON COLUMN activity_kind.points IS '每次的分值';
COMMENT ON COLUMN activity_kind.class IS '半衰期类';
COMMENT ON COLUMN activity_kind.daily_cap IS '每日最多计几次；空为不限';
COMMENT ON COLUMN activity_kind.active IS '是否启用';

COMMENT ON TABLE intent_level IS '意向级别及其门槛';
COMMENT ON COLUMN intent_level.level IS '级别：hot、warm、cold';
COMMENT ON COLUMN intent_level.position IS '次序，越大越热';
COMMENT ON COLUMN intent_level.label IS '显示名称';
COMMENT ON COLUMN intent_level.enter_at IS '达到此分进入；最低级为空';
COMMENT ON COLUMN intent_level.leave_at IS '低于此分离开';
COMMENT ON COLUMN intent_level.minimum_stay IS '反向变化前至少停留的时间';
COMMENT ON COLUMN intent_level.follow_up IS '跟进间隔';

COMMENT ON TABLE intent_rule IS '意向规则：条件或行为一出现即定级';
COMMENT ON COLUMN intent_rule.code IS '规则代码';
COMMENT ON COLUMN intent_rule.label IS '说明';
COMMENT ON COLUMN intent_rule.level IS '级别';
COMMENT ON COLUMN intent_rule.effect IS 'raise 至少此级，hold 就是此级';
COMMENT ON COLUMN intent_rule.condition IS '对线索行的条件';
COMMENT ON COLUMN intent_rule.activity_kinds IS '往来种类';
COMMENT ON COLUMN intent_rule.times IS '出现次数';
COMMENT ON COLUMN intent_rule.within IS '在多长时间内';
COMMENT ON COLUMN intent_rule.holds_for IS '保持多久；空为条件成立期间';
COMMENT ON COLUMN intent_rule.active IS '是否启用';

COMMENT ON TABLE rule_error IS '规则运行失败的记录，按语句汇总，不含线索内容';
COMMENT ON COLUMN rule_error.id IS '编号';
COMMENT ON COLUMN rule_error.ruleset IS '规则表';
COMMENT ON COLUMN rule_error.rule IS '规则代码';
COMMENT ON COLUMN rule_error.sqlstate IS '错误代码 SQLSTATE';
COMMENT ON COLUMN rule_error.failures IS '失败次数';
COMMENT ON COLUMN rule_error.last_at IS '最近一次的时间';

COMMENT ON TABLE rescore_run IS '每次重算的进度';
COMMENT ON COLUMN rescore_run.id IS '编号';
COMMENT ON COLUMN rescore_run.ruleset IS '重算的规则集；空为全部';
COMMENT ON COLUMN rescore_run.actor IS '操作人';
COMMENT ON COLUMN rescore_run.total IS '开始时的线索数';
COMMENT ON COLUMN rescore_run.done IS '已重算的线索数';
COMMENT ON COLUMN rescore_run.last_lead IS '最后重算的线索';
COMMENT ON COLUMN rescore_run.started_at IS '开始时间';
COMMENT ON COLUMN rescore_run.updated_at IS '最近一批的时间';
COMMENT ON COLUMN rescore_run.finished_at IS '完成时间；空为未完成';

COMMENT ON TABLE activity IS '与线索的往来';
COMMENT ON COLUMN activity.id IS '编号';
COMMENT ON COLUMN activity.lead_id IS '线索编号';
COMMENT ON COLUMN activity.kind IS '种类，例如 inquiry、call、note';
COMMENT ON COLUMN activity.direction IS '方向：in 来，out 去，internal 内部';
COMMENT ON COLUMN activity.channel IS '渠道或来源';
COMMENT ON COLUMN activity.content IS '内容';
COMMENT ON COLUMN activity.next_step IS '下一步';
COMMENT ON COLUMN activity.at IS '发生时间';
COMMENT ON COLUMN activity.actor IS '操作人';
COMMENT ON COLUMN activity.brought_by IS '带来此次往来的已合并线索';

COMMENT ON TABLE assignment_log IS '分配历史：线索何时归谁，为什么';
COMMENT ON COLUMN assignment_log.id IS '编号';
COMMENT ON COLUMN assignment_log.lead_id IS '线索编号';
COMMENT ON COLUMN assignment_log.at IS '时间';
COMMENT ON COLUMN assignment_log.reason IS '原因，例如 rule 规则，fallback 后备，pool 公海，sticky 原负责人，writer 写入者指定，repeat 再次来询';
COMMENT ON COLUMN assignment_log.rule IS '生效的规则';
COMMENT ON COLUMN assignment_log.strategy IS '所用策略';
COMMENT ON COLUMN assignment_log.owner_before IS '原负责人';
COMMENT ON COLUMN assignment_log.pool_before IS '原公海';
COMMENT ON COLUMN assignment_log.owner IS '新负责人';
COMMENT ON COLUMN assignment_log.team IS '负责人或公海所属团队';
COMMENT ON COLUMN assignment_log.pool IS '进入的公海';
COMMENT ON COLUMN assignment_log.due_at IS '首次联系期限';
COMMENT ON COLUMN assignment_log.runners_up IS '其后的候选人，至多五名';
COMMENT ON COLUMN assignment_log.passed IS '符合但无人可分的规则及原因';
COMMENT ON COLUMN assignment_log.batch IS '批次；一起移交的相同';
COMMENT ON COLUMN assignment_log.note IS '备注';
COMMENT ON COLUMN assignment_log.actor IS '操作人';

COMMENT ON TABLE lead_cube IS '线索按全部维度的数字：同一维度各行之和';
COMMENT ON COLUMN lead_cube.key IS 'created_on 起各列的散列值';
COMMENT ON COLUMN lead_cube.leads IS '线索数';
COMMENT ON COLUMN lead_cube.score IS '分数之和';
COMMENT ON COLUMN lead_cube.scored IS '有分数的线索数';
COMMENT ON COLUMN lead_cube.assigned IS '已分配的线索数';
COMMENT ON COLUMN lead_cube.contacted IS '已首次联系的线索数';
COMMENT ON COLUMN lead_cube.contact_minutes IS '从分配到首次联系的分钟数之和';
COMMENT ON COLUMN lead_cube.expected_amount IS '预计金额之和';
COMMENT ON COLUMN lead_cube.won_amount IS '赢单金额之和';
COMMENT ON COLUMN lead_cube.created_on IS '创建日';
COMMENT ON COLUMN lead_cube.won_on IS '赢单日';
COMMENT ON COLUMN lead_cube.lost_on IS '输单日';
COMMENT ON COLUMN lead_cube.closes_on IS '预计成交月的第一天';
COMMENT ON COLUMN lead_cube.first_source IS '首次来源';
COMMENT ON COLUMN lead_cube.last_source IS '最近来源';
COMMENT ON COLUMN lead_cube.owner IS '负责人';
COMMENT ON COLUMN lead_cube.team IS '团队';
COMMENT ON COLUMN lead_cube.region IS '地区';
COMMENT ON COLUMN lead_cube.industry IS '行业';
COMMENT ON COLUMN lead_cube.product_line IS '产品线';
COMMENT ON COLUMN lead_cube.process IS '流程';
COMMENT ON COLUMN lead_cube.stage IS '阶段';
COMMENT ON COLUMN lead_cube.currency IS '币种';
COMMENT ON COLUMN lead_cube.intent IS '意向';
COMMENT ON COLUMN lead_cube.kind IS '种类';
COMMENT ON COLUMN lead_cube.stages IS '到过的阶段，按首次进入的先后';
COMMENT ON COLUMN lead_cube.campaign IS '市场活动';
COMMENT ON COLUMN lead_cube.partner IS '渠道伙伴';
COMMENT ON COLUMN lead_cube.loss_reason IS '输单原因';
COMMENT ON COLUMN lead_cube.competitor IS '竞争对手';
COMMENT ON TABLE lead_cube_open IS 'lead_cube 中未赢单也未输单线索的行';
COMMENT ON TABLE lead_cube_won IS 'lead_cube 中赢单线索的行';
COMMENT ON TABLE lead_cube_lost IS 'lead_cube 中输单线索的行';
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

COMMENT ON TABLE task IS '待办任务';
COMMENT ON COLUMN task.id IS '编号';
COMMENT ON COLUMN task.lead_id IS '相关线索';
COMMENT ON COLUMN task.kind IS '种类，例如 first_contact 首次联系，repeat 再次来询';
COMMENT ON COLUMN task.owner IS '由谁完成';
COMMENT ON COLUMN task.due_at IS '期限';
COMMENT ON COLUMN task.note IS '备注';
COMMENT ON COLUMN task.created_at IS '产生时间';
COMMENT ON COLUMN task.done_at IS '完成时间；空为未完成';
COMMENT ON COLUMN task.cancelled_at IS '取消时间';
COMMENT ON COLUMN task.brought_by IS '带来此任务的被合并线索；为空：本线索自己的';

COMMENT ON TABLE rep_load IS '销售负载台账：一人在手的线索数是其各行之和';
COMMENT ON COLUMN rep_load.id IS '编号';
COMMENT ON COLUMN rep_load.rep IS '销售';
COMMENT ON COLUMN rep_load.via IS '线索如何而来：规则代码，pool:公海代码，或空';
COMMENT ON COLUMN rep_load.open IS '在手线索数的一部分';
COMMENT ON COLUMN rep_load.turn IS '轮流分配中已轮到的次数';
COMMENT ON COLUMN rep_load.day IS 'dealt 所属的日期';
COMMENT ON COLUMN rep_load.dealt IS '当日分到的线索数';
COMMENT ON COLUMN rep_load.folded IS '是否由旧行合并而成';

COMMENT ON TABLE handover IS '交接记录：某人手上的全部线索一次交给他人';
COMMENT ON COLUMN handover.id IS '编号；所转线索的 assignment_log.batch';
COMMENT ON COLUMN handover.at IS '交接时间';
COMMENT ON COLUMN handover.actor IS '操作人';
COMMENT ON COLUMN handover.from_rep IS '移交人';
COMMENT ON COLUMN handover.to_rep IS '接手人；空为团队，或按规则分配';
COMMENT ON COLUMN handover.to_team IS '接手团队；空为个人，或按规则分配';
COMMENT ON COLUMN handover.scope IS '所转线索的条件；空为全部';
COMMENT ON COLUMN handover.deactivated IS '是否同时停用移交人';
COMMENT ON COLUMN handover.moved IS '各类移交的数量';
COMMENT ON COLUMN handover.undone_at IS '撤销时间';
COMMENT ON COLUMN handover.undone_by IS '撤销人';
COMMENT ON TABLE handover_item IS '每次交接改动的内容，供撤销';
COMMENT ON COLUMN handover_item.handover IS '交接编号';
COMMENT ON COLUMN handover_item.kind IS '所在的表：lead、task';
COMMENT ON COLUMN handover_item.item IS '其编号';
COMMENT ON COLUMN handover_item.lead_id IS '所属线索';
COMMENT ON COLUMN handover_item.before IS '交接前的值';
COMMENT ON COLUMN handover_item.after IS '交接后的值';
COMMENT ON COLUMN handover_item.problem IS '撤销时未能归还的原因';

COMMENT ON TABLE event IS '发件箱：与变更在同一事务写入的事件';
COMMENT ON COLUMN event.id IS '编号';
COMMENT ON COLUMN event.kind IS '事件种类';
COMMENT ON COLUMN event.lead_id IS '线索编号';
COMMENT ON COLUMN event.at IS '发生时间';
COMMENT ON COLUMN event.actor IS '操作人';
COMMENT ON COLUMN event.data IS '事件内容';

COMMENT ON TABLE intake IS '收到的原始数据及处理结果';
COMMENT ON COLUMN intake.id IS '编号';
COMMENT ON COLUMN intake.received_at IS '收到时间';
COMMENT ON COLUMN intake.source IS '来源代码';
COMMENT ON COLUMN intake.form IS '表单';
COMMENT ON COLUMN intake.external_id IS '来源系统中的编号';
COMMENT ON COLUMN intake.batch IS '导入批次';
COMMENT ON COLUMN intake.line IS '批次中的行号';
COMMENT ON COLUMN intake.payload IS '原样保存的数据';
COMMENT ON COLUMN intake.outcome IS '结果：created 新建，merged 合并，linked 关联，review 复核，rejected 拒绝，repeated 重复行';
COMMENT ON COLUMN intake.lead_id IS '所存线索行的编号';
COMMENT ON COLUMN intake.detail IS '结果说明';
COMMENT ON COLUMN intake.error IS '错误信息';
COMMENT ON COLUMN intake.actor IS '提交人';

COMMENT ON TABLE field_alias IS '字段别名：提交者如何称呼线索的字段';
COMMENT ON COLUMN field_alias.alias IS '别名；比较时不分大小写、全半角、繁简，忽略标点和空格';
COMMENT ON COLUMN field_alias.field IS '对应的线索字段';

COMMENT ON FUNCTION _ruleset(text, regclass) IS '内部使用：规则集对应的表';
COMMENT ON FUNCTION explain_rules(text) IS '规则集中每条规则如何求值：是否可能失败，查表还是表达式';
COMMENT ON FUNCTION rule_test(text, bigint, timestamptz) IS '一条线索符合哪些规则，不符合的为什么';
COMMENT ON FUNCTION rule_test(text, jsonb, timestamptz) IS '一条假设的线索符合哪些规则，不符合的为什么';
COMMENT ON FUNCTION rule_coverage(text, timestamptz) IS '每条规则符合多少有效线索；标出从不或总是符合的规则';
COMMENT ON FUNCTION explain_score(bigint, timestamptz) IS '说明线索在某一时刻的评分由哪些部分组成；各部分之和即评分';
COMMENT ON FUNCTION score_at(bigint, timestamptz) IS '线索在某一时刻的评分';
COMMENT ON FUNCTION hottest(integer, text, timestamptz) IS '某一时刻评分最高的线索，可加筛选条件；各部分之和即评分';
COMMENT ON FUNCTION rebuild_cube() IS '由线索重新计算报表所用的数字；返回有误的数目';
COMMENT ON FUNCTION tick(timestamptz, integer) IS '处理仅因时间而发生的一切，分批进行；返回剩余数量';
COMMENT ON FUNCTION _begin_rescore(text, regclass) IS 'rescore 内部使用：开始或继续一次重算';
COMMENT ON FUNCTION _rescore_chunk(bigint, integer, regclass) IS 'rescore 内部使用：重算下一批线索';
COMMENT ON PROCEDURE rescore(text, integer, regclass) IS '规则改变后为所有线索重新评分定级；分批提交，可中断后继续';
COMMENT ON VIEW v_intent_change IS '意向变化的历史及原因';
COMMENT ON COLUMN v_intent_change.lead_id IS '线索编号';
COMMENT ON COLUMN v_intent_change.at IS '变化时间';
COMMENT ON COLUMN v_intent_change.intent_before IS '变化前的意向';
COMMENT ON COLUMN v_intent_change.intent_after IS '变化后的意向';
COMMENT ON COLUMN v_intent_change.score IS '当时的评分';
COMMENT ON COLUMN v_intent_change.rule IS '导致变化的规则；空为评分所致';
COMMENT ON COLUMN v_intent_change.rule_label IS '规则说明';
COMMENT ON VIEW v_rule_error IS '规则运行失败的汇总';
COMMENT ON COLUMN v_rule_error.ruleset IS '规则表';
COMMENT ON COLUMN v_rule_error.rule IS '规则代码';
COMMENT ON COLUMN v_rule_error.sqlstate IS '错误代码 SQLSTATE';
COMMENT ON COLUMN v_rule_error.failures IS '失败次数';
COMMENT ON COLUMN v_rule_error.first_at IS '首次记录时间';
COMMENT ON COLUMN v_rule_error.last_at IS '最近时间';
COMMENT ON COLUMN v_lead.intent_label IS '意向名称';
COMMENT ON COLUMN v_lead.intent_since IS '进入当前意向的时间';
COMMENT ON COLUMN v_lead.intent_now IS '此刻的意向';
COMMENT ON COLUMN v_lead.score_now IS '此刻的评分';
COMMENT ON COLUMN v_lead.fit IS '符合度';

COMMENT ON VIEW v_source_intake IS '各来源的线索数量';
COMMENT ON COLUMN v_source_intake.source IS '首次来源的代码';
COMMENT ON COLUMN v_source_intake.label IS '来源名称';
COMMENT ON COLUMN v_source_intake.channel IS '渠道类别';
COMMENT ON COLUMN v_source_intake.active IS '是否启用';
COMMENT ON COLUMN v_source_intake.unconfirmed IS '随线索到来，尚未确认';
COMMENT ON COLUMN v_source_intake.living_leads IS '有效线索数';
COMMENT ON COLUMN v_source_intake.merged_leads IS '已合并的重复线索数';
COMMENT ON COLUMN v_source_intake.leads_in_review IS '有待复核的有效线索数';
COMMENT ON COLUMN v_source_intake.first_arrival_at IS '首条线索的时间';
COMMENT ON COLUMN v_source_intake.last_arrival_at IS '最近一条线索的时间';

COMMENT ON VIEW v_intake IS '每日各来源的收取结果';
COMMENT ON COLUMN v_intake.day IS '日期（工作区时区）';
COMMENT ON COLUMN v_intake.source IS '来源代码';
COMMENT ON COLUMN v_intake.outcome IS '结果';
COMMENT ON COLUMN v_intake.arrivals IS '数量';

COMMENT ON VIEW v_team IS '各团队的人手和在手线索';
COMMENT ON COLUMN v_team.team IS '团队代码';
COMMENT ON COLUMN v_team.label IS '团队名称';
COMMENT ON COLUMN v_team.parent IS '上级团队';
COMMENT ON COLUMN v_team.manager IS '主管的销售代码';
COMMENT ON COLUMN v_team.active IS '是否启用';
COMMENT ON COLUMN v_team.active_reps IS '本团队参与分配的人数';
COMMENT ON COLUMN v_team.capacity IS '这些人的在手线索上限合计';
COMMENT ON COLUMN v_team.open_leads IS '本团队在手线索数';

COMMENT ON VIEW v_rep IS '销售及其负载；所有者和管理员可见全部，主管可见其团队，销售可见本人';
COMMENT ON COLUMN v_rep.rep IS '销售代码';
COMMENT ON COLUMN v_rep.name IS '姓名';
COMMENT ON COLUMN v_rep.team IS '团队代码';
COMMENT ON COLUMN v_rep.team_label IS '团队名称';
COMMENT ON COLUMN v_rep.position IS '岗位';
COMMENT ON COLUMN v_rep.active IS '是否参与分配';
COMMENT ON COLUMN v_rep.absent IS '此刻是否不在';
COMMENT ON COLUMN v_rep.capacity IS '在手线索上限';
COMMENT ON COLUMN v_rep.open_leads IS '在手线索数';
COMMENT ON COLUMN v_rep.daily_limit IS '每天最多分到的线索数；空为不限';
COMMENT ON COLUMN v_rep.dealt_today IS '今天已分到的线索数';
COMMENT ON COLUMN v_rep.free IS '今天还能分到的线索数';

COMMENT ON VIEW v_assignment IS '分配历史：线索何时归谁，为什么；仅限可见的线索';
COMMENT ON COLUMN v_assignment.id IS '编号';
COMMENT ON COLUMN v_assignment.lead_id IS '线索编号';
COMMENT ON COLUMN v_assignment.at IS '时间';
COMMENT ON COLUMN v_assignment.reason IS '原因';
COMMENT ON COLUMN v_assignment.rule IS '生效的规则';
COMMENT ON COLUMN v_assignment.rule_label IS '规则说明';
COMMENT ON COLUMN v_assignment.strategy IS '所用策略';
COMMENT ON COLUMN v_assignment.owner_before IS '原负责人';
COMMENT ON COLUMN v_assignment.owner_before_name IS '原负责人姓名';
COMMENT ON COLUMN v_assignment.pool_before IS '原公海';
COMMENT ON COLUMN v_assignment.pool_before_label IS '原公海名称';
COMMENT ON COLUMN v_assignment.owner IS '新负责人';
COMMENT ON COLUMN v_assignment.owner_name IS '新负责人姓名';
COMMENT ON COLUMN v_assignment.team IS '团队代码';
COMMENT ON COLUMN v_assignment.team_label IS '团队名称';
COMMENT ON COLUMN v_assignment.pool IS '进入的公海';
COMMENT ON COLUMN v_assignment.pool_label IS '公海名称';
COMMENT ON COLUMN v_assignment.due_at IS '首次联系期限';
COMMENT ON COLUMN v_assignment.runners_up IS '其后的候选人';
COMMENT ON COLUMN v_assignment.passed IS '符合但无人可分的规则及原因';
COMMENT ON COLUMN v_assignment.batch IS '批次';
COMMENT ON COLUMN v_assignment.note IS '备注';
COMMENT ON COLUMN v_assignment.actor IS '操作人';

COMMENT ON VIEW v_task IS '未完成的任务；所有者和管理员可见全部，主管可见其团队，销售可见本人';
COMMENT ON COLUMN v_task.id IS '编号';
COMMENT ON COLUMN v_task.lead_id IS '相关线索';
COMMENT ON COLUMN v_task.kind IS '种类';
COMMENT ON COLUMN v_task.owner IS '由谁完成';
COMMENT ON COLUMN v_task.owner_name IS '姓名';
COMMENT ON COLUMN v_task.due_at IS '期限';
COMMENT ON COLUMN v_task.overdue IS '是否已过期限';
COMMENT ON COLUMN v_task.note IS '备注';
COMMENT ON COLUMN v_task.created_at IS '产生时间';

COMMENT ON VIEW v_lead IS '有效线索及其标签；所有者和管理员可见全部，主管可见其团队，销售可见本人';
COMMENT ON COLUMN v_lead.id IS '线索编号';
COMMENT ON COLUMN v_lead.kind IS '类型：contact 联系人，project 项目';
COMMENT ON COLUMN v_lead.name IS '姓名';
COMMENT ON COLUMN v_lead.company IS '公司名称';
COMMENT ON COLUMN v_lead.title IS '职位';
COMMENT ON COLUMN v_lead.phone IS '电话';
COMMENT ON COLUMN v_lead.email IS '电子邮箱';
COMMENT ON COLUMN v_lead.wechat IS '微信号';
COMMENT ON COLUMN v_lead.tax_id IS '统一社会信用代码';
COMMENT ON COLUMN v_lead.address IS '地址';
COMMENT ON COLUMN v_lead.region IS '行政区划代码';
COMMENT ON COLUMN v_lead.region_name IS '行政区划全称';
COMMENT ON COLUMN v_lead.industry IS '行业代码';
COMMENT ON COLUMN v_lead.industry_label IS '行业名称';
COMMENT ON COLUMN v_lead.product_line IS '产品线代码';
COMMENT ON COLUMN v_lead.product_line_label IS '产品线名称';
COMMENT ON COLUMN v_lead.company_size IS '公司人数';
COMMENT ON COLUMN v_lead.budget_min IS '预算下限';
COMMENT ON COLUMN v_lead.budget_max IS '预算上限';
COMMENT ON COLUMN v_lead.budget_status IS '预算状态';
COMMENT ON COLUMN v_lead.first_source IS '首次来源代码';
COMMENT ON COLUMN v_lead.first_source_label IS '首次来源名称';
COMMENT ON COLUMN v_lead.last_source IS '最近来源代码';
COMMENT ON COLUMN v_lead.last_source_label IS '最近来源名称';
COMMENT ON COLUMN v_lead.last_form IS '最近提交的表单';
COMMENT ON COLUMN v_lead.last_inbound_at IS '最近一次来询的时间';
COMMENT ON COLUMN v_lead.campaign IS '推广计划';
COMMENT ON COLUMN v_lead.partner IS '渠道伙伴';
COMMENT ON COLUMN v_lead.external_id IS '来源系统中的编号';
COMMENT ON COLUMN v_lead.project_name IS '项目名称';
COMMENT ON COLUMN v_lead.expected_amount IS '预计成交金额';
COMMENT ON COLUMN v_lead.currency IS '币种';
COMMENT ON COLUMN v_lead.expected_close_on IS '预计成交日期';
COMMENT ON COLUMN v_lead.stage IS '所处阶段';
COMMENT ON COLUMN v_lead.intent IS '意向';
COMMENT ON COLUMN v_lead.score IS '评分';
COMMENT ON COLUMN v_lead.owner IS '负责人的销售代码';
COMMENT ON COLUMN v_lead.owner_name IS '负责人姓名';
COMMENT ON COLUMN v_lead.team IS '团队代码';
COMMENT ON COLUMN v_lead.team_label IS '团队名称';
COMMENT ON COLUMN v_lead.pool IS '所在公海';
COMMENT ON COLUMN v_lead.assigned_at IS '分配时间';
COMMENT ON COLUMN v_lead.first_contact_due_at IS '首次联系期限';
COMMENT ON COLUMN v_lead.overdue IS '是否已过期限，而自分配和最近来询以来无人联系';
COMMENT ON COLUMN v_lead.attrs IS '其他字段';
COMMENT ON COLUMN v_lead.merged_leads IS '并入此线索的重复数';
COMMENT ON COLUMN v_lead.created_at IS '线索产生的时间';
COMMENT ON COLUMN v_lead.created_on IS '线索产生的日期（工作区时区）';
COMMENT ON COLUMN v_lead.updated_at IS '最近修改的时间';

COMMENT ON VIEW lead_in IS '应用程序写入线索的入口：INSERT 和 COPY';
COMMENT ON COLUMN lead_in.id IS '线索编号；仅在可知时返回有效线索的编号';
COMMENT ON COLUMN lead_in.kind IS '类型：contact 联系人，project 项目';
COMMENT ON COLUMN lead_in.name IS '姓名';
COMMENT ON COLUMN lead_in.company IS '公司名称';
COMMENT ON COLUMN lead_in.title IS '职位';
COMMENT ON COLUMN lead_in.phone IS '电话，能识别时为 E.164 格式';
COMMENT ON COLUMN lead_in.email IS '电子邮箱';
COMMENT ON COLUMN lead_in.wechat IS '微信号';
COMMENT ON COLUMN lead_in.unionid IS '微信 UnionID';
COMMENT ON COLUMN lead_in.tax_id IS '统一社会信用代码';
COMMENT ON COLUMN lead_in.address IS '地址';
COMMENT ON COLUMN lead_in.region IS '行政区划代码';
COMMENT ON COLUMN lead_in.industry IS '行业代码，无法识别时为原文';
COMMENT ON COLUMN lead_in.product_line IS '产品线代码，无法识别时为原文';
COMMENT ON COLUMN lead_in.company_size IS '公司人数';
COMMENT ON COLUMN lead_in.budget_min IS '预算下限';
COMMENT ON COLUMN lead_in.budget_max IS '预算上限';
COMMENT ON COLUMN lead_in.budget_status IS '预算状态';
COMMENT ON COLUMN lead_in.first_source IS '首次来源';
COMMENT ON COLUMN lead_in.last_source IS '最近来源';
COMMENT ON COLUMN lead_in.last_form IS '最近提交的表单';
COMMENT ON COLUMN lead_in.campaign IS '推广计划';
COMMENT ON COLUMN lead_in.partner IS '渠道伙伴';
COMMENT ON COLUMN lead_in.external_id IS '来源系统中的编号，在同一来源内唯一';
COMMENT ON COLUMN lead_in.project_name IS '项目名称';
COMMENT ON COLUMN lead_in.expected_amount IS '预计成交金额';
COMMENT ON COLUMN lead_in.currency IS '币种';
COMMENT ON COLUMN lead_in.expected_close_on IS '预计成交日期';
COMMENT ON COLUMN lead_in.attrs IS '其他字段，以及无法识别的原文';

COMMENT ON FUNCTION grant_access(text, text) IS '授予角色一种权限：admin、writer、intake、analyst、rep 或 manager';
COMMENT ON FUNCTION revoke_access(text, text) IS '收回角色的一种权限；不指明则收回全部';
COMMENT ON FUNCTION sees_all() IS '当前角色是否可以看到全部线索';
COMMENT ON FUNCTION my_reps() IS '当前角色可以看到哪些销售的线索：本人，主管还包括其团队及各级下属团队';
COMMENT ON FUNCTION living_lead(bigint) IS '代表此线索的有效线索：它自己，或它已并入的线索';
COMMENT ON FUNCTION merge_leads(bigint, bigint[], jsonb, regclass) IS '把若干线索合并到一条，可撤销';
COMMENT ON FUNCTION unmerge(bigint, regclass) IS '撤销一次合并；无法还原的逐项说明';
COMMENT ON FUNCTION resolve_duplicate(bigint, text, bigint, regclass) IS '处理一对疑似重复：merge 合并，distinct 不是同一个';
COMMENT ON FUNCTION _is_stricter(text, jsonb, jsonb) IS '内部：关于同意的两个属性中前者是否更严格';
COMMENT ON FUNCTION _lock_leads(bigint[]) IS '内部：按编号顺序锁定线索';
COMMENT ON FUNCTION _restore_claims(bigint, identity[]) IS '内部：归还识别键';
COMMENT ON FUNCTION _merge_lead(bigint, bigint, jsonb) IS '内部：合并一条线索';
COMMENT ON FUNCTION _demote_shared_keys(bigint, bigint) IS '内部：把多人共用的键降为弱键';
COMMENT ON FUNCTION find_lead(text) IS '这个电话、邮箱、微信或公司加姓名属于哪条线索，不论怎样书写';
COMMENT ON FUNCTION explain_identity(bigint) IS '一条线索有哪些识别键，与谁相同';
COMMENT ON FUNCTION _keys_in(text) IS '内部：一段文字可能表示的键';

COMMENT ON TABLE import_batch IS '导入和接管的批次';
COMMENT ON COLUMN import_batch.batch IS '批次名称';
COMMENT ON COLUMN import_batch.kind IS '类型：import 文件导入，adopt 接管旧表';
COMMENT ON COLUMN import_batch.from_table IS '读取的表';
COMMENT ON COLUMN import_batch.lines IS '总行数';
COMMENT ON COLUMN import_batch.done IS '已处理行数';
COMMENT ON COLUMN import_batch.created IS '新建';
COMMENT ON COLUMN import_batch.merged IS '合并';
COMMENT ON COLUMN import_batch.linked IS '关联';
COMMENT ON COLUMN import_batch.review IS '待复核';
COMMENT ON COLUMN import_batch.rejected IS '拒绝';
COMMENT ON COLUMN import_batch.repeated IS '重复行';
COMMENT ON COLUMN import_batch.last_line IS '最后处理的行号';
COMMENT ON COLUMN import_batch.last_key IS '最后接管的主键';
COMMENT ON COLUMN import_batch.started_at IS '开始时间';
COMMENT ON COLUMN import_batch.updated_at IS '最近一次提交时间';
COMMENT ON COLUMN import_batch.finished_at IS '完成时间，未完成为空';
COMMENT ON COLUMN import_batch.actor IS '执行人';
COMMENT ON INDEX intake_content_idx IS '按内容查找导入行';
COMMENT ON FUNCTION capture(text, jsonb, text, text) IS '接收一条线索数据，返回处理结果';
COMMENT ON FUNCTION capture_many(text, jsonb[], text) IS '批量接收线索数据，按顺序逐条返回结果';
COMMENT ON FUNCTION create_staging(text, text[], regclass) IS '建立文件暂存表，返回 \copy 所需的表和列';
COMMENT ON PROCEDURE import_leads(text, regclass, text, jsonb, text, integer, regclass) IS '导入暂存表中的各行，可中断后继续';
COMMENT ON PROCEDURE adopt_leads(regclass, jsonb, integer, text, regclass) IS '接管已有的线索表，可中断后继续';
COMMENT ON FUNCTION _field_aliases(boolean) IS '内部：字段名的各种写法';
COMMENT ON FUNCTION _payload_keys(jsonb[], jsonb) IS '内部：数据自带的来源和外部编号';
COMMENT ON FUNCTION _read_payloads(jsonb[], text[], jsonb, jsonb) IS '内部：把数据读成线索列';
COMMENT ON FUNCTION _may_know() IS '内部：当前角色可否知道线索编号';
COMMENT ON FUNCTION _store_payloads(text[], jsonb[], text, text[], jsonb, jsonb, text, bigint[]) IS '内部：整批写入';
COMMENT ON FUNCTION _take_in(text[], jsonb[], text, text[], jsonb, jsonb, text, bigint[]) IS '内部：整批写入，失败则对半重试';
COMMENT ON FUNCTION _answer_payloads(regclass, text, jsonb[], text, text) IS '内部：检查调用并给出结果';
COMMENT ON FUNCTION _begin_import(text, regclass, jsonb, integer, regclass) IS '内部：检查并登记一次导入';
COMMENT ON FUNCTION _mapping_formats(jsonb) IS '内部：映射中的日期格式';
COMMENT ON FUNCTION _import_chunk(text, regclass, text, jsonb, text, integer, regclass) IS '内部：处理下一段行';
COMMENT ON FUNCTION _import_lines(text, text, text, jsonb, jsonb, bigint[], jsonb[]) IS '内部：导入各行，已有的记为重复';
COMMENT ON FUNCTION _adopt_expression(text, regclass, text) IS '内部：线索列的取值';
COMMENT ON FUNCTION _adoption_key(regclass) IS '内部：表的主键';
COMMENT ON FUNCTION _begin_adoption(regclass, jsonb, integer, regclass) IS '内部：检查并登记一次接管';
COMMENT ON FUNCTION _adopt_range(text, regclass, text, text, text) IS '内部：接管一段主键，失败则对半重试';
COMMENT ON FUNCTION _adopt_chunk(text, regclass, text, integer, regclass) IS '内部：接管下一段行';
COMMENT ON VIEW import_progress IS '导入和接管的进度';
COMMENT ON COLUMN import_progress.batch IS '批次名称';
COMMENT ON COLUMN import_progress.kind IS '类型：import 文件导入，adopt 接管旧表';
COMMENT ON COLUMN import_progress.from_table IS '读取的表';
COMMENT ON COLUMN import_progress.state IS '状态：finished 已完成，unfinished 未完成';
COMMENT ON COLUMN import_progress.lines IS '总行数';
COMMENT ON COLUMN import_progress.done IS '已处理行数';
COMMENT ON COLUMN import_progress.percent IS '完成百分比';
COMMENT ON COLUMN import_progress.created IS '新建';
COMMENT ON COLUMN import_progress.merged IS '合并';
COMMENT ON COLUMN import_progress.linked IS '关联';
COMMENT ON COLUMN import_progress.review IS '待复核';
COMMENT ON COLUMN import_progress.rejected IS '拒绝';
COMMENT ON COLUMN import_progress.repeated IS '重复行';
COMMENT ON COLUMN import_progress.started_at IS '开始时间';
COMMENT ON COLUMN import_progress.updated_at IS '最近一次提交时间';
COMMENT ON COLUMN import_progress.finished_at IS '完成时间，未完成为空';
COMMENT ON COLUMN import_progress.actor IS '执行人';

COMMENT ON FUNCTION _own_claims(bigint) IS '线索自身字段所含的标识不再记为由他人带来';
COMMENT ON FUNCTION _return_claim(merge_log, identity) IS '撤销合并时把一个标识还给原线索';

COMMENT ON FUNCTION _managed_teams() IS '内部：当前角色管理的团队，含下级团队';
COMMENT ON FUNCTION explain_assignment(bigint) IS '现在按规则会怎样分配一条线索：逐条规则、逐个候选人及其负载，说明为何分给或不分给他';
COMMENT ON FUNCTION owner_at(bigint, timestamptz) IS '某一时刻线索归谁';
COMMENT ON FUNCTION simulate_assignment(integer) IS '用现行规则重放最近若干天进来的线索，并与实际分配对照';
COMMENT ON FUNCTION assign_leads(text, integer) IS '按规则分配无人负责的线索，每次最多若干条';
COMMENT ON FUNCTION _assign_leads(text, integer, regclass) IS '内部：分配无人负责的线索';
COMMENT ON FUNCTION handover(text, text, text, text, boolean) IS '把某人手上的全部线索和待办交给他人、团队或按规则分配；返回交接编号';
COMMENT ON FUNCTION handover_preview(text, text, text, text) IS '预览交接：谁接多少，哪些放不下';
COMMENT ON FUNCTION undo_handover(bigint) IS '一天内撤销交接；此后又转走的逐条说明并保留';
COMMENT ON FUNCTION _handover(text, text, text, text, boolean, regclass) IS '内部：交接';
COMMENT ON FUNCTION _handover_preview(text, text, text, text, regclass) IS '内部：预览交接';
COMMENT ON FUNCTION _undo_handover(bigint, regclass) IS '内部：撤销交接';
COMMENT ON FUNCTION _holdings() IS '内部：一个人手上可以有什么，各在哪张表';
COMMENT ON FUNCTION _image(text[]) IS '内部：交接所记一行内容的表达式';
COMMENT ON FUNCTION _given_back(jsonb, jsonb, jsonb) IS '内部：交接前的值，此后又改动的除外';
COMMENT ON FUNCTION _may_hand_over(text, text, text) IS '内部：当前角色无权交接则报错';
COMMENT ON FUNCTION _check_handover(text, text, text) IS '内部：不能这样交接则报错';
COMMENT ON FUNCTION _leads_of(text, text) IS '内部：某人符合条件的线索';
COMMENT ON FUNCTION _takers(text, text, text) IS '内部：由谁接手及其负载';
COMMENT ON FUNCTION _deal_leads(text, text, text, bigint[], boolean[]) IS '内部：交接中哪条线索归谁';
COMMENT ON FUNCTION _deal_rest(text, text, text, text, bigint[], text[]) IS '内部：手上其余的事归谁';
COMMENT ON FUNCTION _hand_over_approvals(text, text, bigint) IS '内部：交接中移交审批';
COMMENT ON FUNCTION _give_back_approvals(handover) IS '内部：撤销交接时交还审批';

COMMENT ON VIEW v_owner_history IS '线索先后归谁，从何时到何时';
COMMENT ON COLUMN v_owner_history.lead_id IS '线索编号';
COMMENT ON COLUMN v_owner_history.owner IS '负责人；空为无人或在公海';
COMMENT ON COLUMN v_owner_history.team IS '负责人或公海所属团队';
COMMENT ON COLUMN v_owner_history.pool IS '所在公海；空为不在公海';
COMMENT ON COLUMN v_owner_history.from_at IS '从何时起';
COMMENT ON COLUMN v_owner_history.until_at IS '到何时止；空为至今';
COMMENT ON COLUMN v_owner_history.reason IS '由来';
COMMENT ON COLUMN v_owner_history.rule IS '决定的规则；空为没有';
COMMENT ON FUNCTION _shared_keys(bigint, bigint, bigint) IS '内部：说明两条线索为同一人的共同标识及其起始时间';

COMMENT ON TABLE process IS '业务流程：线索一路经过哪些阶段，适用于谁';
COMMENT ON COLUMN process.code IS '流程代码';
COMMENT ON COLUMN process.label IS '显示名称';
COMMENT ON COLUMN process.meaning IS '用途';
COMMENT ON COLUMN process.subject IS '流转的对象：lead 线索或 opportunity 商机';
COMMENT ON COLUMN process.position IS '顺序';
COMMENT ON COLUMN process.condition IS '条件：新线索进入第一个条件成立的流程';
COMMENT ON COLUMN process.active IS '是否启用';

COMMENT ON TABLE stage IS '流程的阶段';
COMMENT ON COLUMN stage.process IS '流程';
COMMENT ON COLUMN stage.code IS '阶段代码，即 lead.stage 的值';
COMMENT ON COLUMN stage.label IS '显示名称';
COMMENT ON COLUMN stage.meaning IS '含义';
COMMENT ON COLUMN stage.position IS '顺序';
COMMENT ON COLUMN stage.kind IS '种类：open 进行中，won 赢单，lost 输单，converted 已转化';
COMMENT ON COLUMN stage.probability IS '在此阶段的线索最终赢单的比例，0 到 1';
COMMENT ON COLUMN stage.stuck_after IS '停留超过此时长视为停滞';

COMMENT ON TABLE approval_rule IS '哪些事项需要审批';
COMMENT ON COLUMN approval_rule.code IS '规则代码';
COMMENT ON COLUMN approval_rule.label IS '显示名称';
COMMENT ON COLUMN approval_rule.subject IS '审批事项：stage 阶段、visit 拜访、discount 折扣、contract 合同或其他';
COMMENT ON COLUMN approval_rule.position IS '顺序';
COMMENT ON COLUMN approval_rule.condition IS '条件：关于线索一行的 SQL 表达式';
COMMENT ON COLUMN approval_rule.self_approval IS '申请人可否自己审批';
COMMENT ON COLUMN approval_rule.active IS '是否启用';

COMMENT ON TABLE approval_level IS '审批规则的级别：各级由谁审批';
COMMENT ON COLUMN approval_level.rule IS '审批规则';
COMMENT ON COLUMN approval_level.level IS '级别，从小到大依次审批';
COMMENT ON COLUMN approval_level.min_amount IS '金额达到此数才需本级；空为总需要';
COMMENT ON COLUMN approval_level.mode IS 'any 任一人通过即可（或签），all 须全部通过（会签）';
COMMENT ON COLUMN approval_level.managers IS '负责人以上的主管：1 为第一位，2 为再上一位';
COMMENT ON COLUMN approval_level.reps IS '指定的销售人员';
COMMENT ON COLUMN approval_level.roles IS '指定的数据库角色';

COMMENT ON TABLE approval IS '审批申请：阶段变更、拜访、折扣、合同等';
COMMENT ON COLUMN approval.id IS '编号';
COMMENT ON COLUMN approval.subject IS '事项：stage 阶段、visit 拜访、discount 折扣、contract 合同或其他';
COMMENT ON COLUMN approval.lead_id IS '线索';
COMMENT ON COLUMN approval.to_stage IS '要进入的阶段，仅用于 stage';
COMMENT ON COLUMN approval.what IS '申请的具体内容';
COMMENT ON COLUMN approval.amount IS '审批所涉金额，批准后不超过此数有效；空为不限';
COMMENT ON COLUMN approval.note IS '申请说明';
COMMENT ON COLUMN approval.rule IS '所用审批规则';
COMMENT ON COLUMN approval.status IS '状态：pending 审批中，approved 已通过，rejected 已驳回，withdrawn 已撤回，used 已使用';
COMMENT ON COLUMN approval.level IS '当前级别；空为不在审批中';
COMMENT ON COLUMN approval.requested_by IS '申请的数据库角色';
COMMENT ON COLUMN approval.rep IS '申请的销售人员';
COMMENT ON COLUMN approval.requested_at IS '申请时间';
COMMENT ON COLUMN approval.decided_at IS '结束时间';
COMMENT ON COLUMN approval.used_at IS '使用时间';
COMMENT ON COLUMN approval.brought_by IS '由哪条线索合并带来';

COMMENT ON TABLE approval_step IS '每位审批人及其意见';
COMMENT ON COLUMN approval_step.id IS '编号';
COMMENT ON COLUMN approval_step.approval IS '审批编号';
COMMENT ON COLUMN approval_step.level IS '级别';
COMMENT ON COLUMN approval_step.mode IS 'any 或签，all 会签';
COMMENT ON COLUMN approval_step.rep IS '审批的销售人员';
COMMENT ON COLUMN approval_step.role IS '审批的数据库角色';
COMMENT ON COLUMN approval_step.status IS '状态：waiting 未到，pending 待审批，approved 通过，rejected 驳回，skipped 无需，delegated 已转交';
COMMENT ON COLUMN approval_step.stands_for IS '代哪一步审批';
COMMENT ON COLUMN approval_step.task IS '对应的任务';
COMMENT ON COLUMN approval_step.decided_by IS '实际审批的数据库角色';
COMMENT ON COLUMN approval_step.decided_at IS '审批时间';
COMMENT ON COLUMN approval_step.opinion IS '审批意见';

COMMENT ON VIEW v_approval IS '审批申请；申请人、审批人、线索负责人及其主管可见，所有者和管理员可见全部';
COMMENT ON COLUMN v_approval.id IS '编号';
COMMENT ON COLUMN v_approval.subject IS '事项';
COMMENT ON COLUMN v_approval.rule IS '所用审批规则';
COMMENT ON COLUMN v_approval.rule_label IS '规则名称';
COMMENT ON COLUMN v_approval.lead_id IS '线索';
COMMENT ON COLUMN v_approval.lead_name IS '客户姓名';
COMMENT ON COLUMN v_approval.company IS '公司';
COMMENT ON COLUMN v_approval.owner IS '负责人';
COMMENT ON COLUMN v_approval.owner_name IS '负责人姓名';
COMMENT ON COLUMN v_approval.to_stage IS '要进入的阶段';
COMMENT ON COLUMN v_approval.to_stage_label IS '阶段名称';
COMMENT ON COLUMN v_approval.what IS '具体内容';
COMMENT ON COLUMN v_approval.amount IS '金额';
COMMENT ON COLUMN v_approval.note IS '申请说明';
COMMENT ON COLUMN v_approval.status IS '状态：pending 审批中，approved 已通过，rejected 已驳回，withdrawn 已撤回，used 已使用';
COMMENT ON COLUMN v_approval.level IS '当前级别';
COMMENT ON COLUMN v_approval.waits_for IS '等待谁审批';
COMMENT ON COLUMN v_approval.waits_for_me IS '是否等我审批';
COMMENT ON COLUMN v_approval.asked_by_me IS '是否我申请的';
COMMENT ON COLUMN v_approval.requested_by IS '申请的数据库角色';
COMMENT ON COLUMN v_approval.requested_by_name IS '申请人姓名';
COMMENT ON COLUMN v_approval.requested_at IS '申请时间';
COMMENT ON COLUMN v_approval.decided_at IS '结束时间';
COMMENT ON COLUMN v_approval.used_at IS '使用时间';

COMMENT ON VIEW v_approval_step IS '每位审批人及其意见；可见范围同 v_approval';
COMMENT ON COLUMN v_approval_step.id IS '编号';
COMMENT ON COLUMN v_approval_step.approval IS '审批编号';
COMMENT ON COLUMN v_approval_step.level IS '级别';
COMMENT ON COLUMN v_approval_step.mode IS 'any 或签，all 会签';
COMMENT ON COLUMN v_approval_step.approver IS '审批人代码';
COMMENT ON COLUMN v_approval_step.approver_name IS '审批人姓名';
COMMENT ON COLUMN v_approval_step.status IS '状态：waiting 未到，pending 待审批，approved 通过，rejected 驳回，skipped 无需，delegated 已转交';
COMMENT ON COLUMN v_approval_step.stands_for IS '代哪一步审批';
COMMENT ON COLUMN v_approval_step.decided_by IS '实际审批的数据库角色';
COMMENT ON COLUMN v_approval_step.decided_at IS '审批时间';
COMMENT ON COLUMN v_approval_step.opinion IS '审批意见';

COMMENT ON FUNCTION request_approval(text, bigint, text, numeric, jsonb, text) IS '申请审批；返回审批编号';
COMMENT ON FUNCTION approve(bigint, text) IS '通过审批，可写意见；返回申请的状态';
COMMENT ON FUNCTION reject(bigint, text) IS '驳回审批，可写意见；返回申请的状态';
COMMENT ON FUNCTION withdraw(bigint, text) IS '撤回审批申请';
COMMENT ON FUNCTION delegate_approval(bigint, text, text, text) IS '把自己的审批转交他人';
COMMENT ON FUNCTION approves_as() IS '当前角色以谁的身份审批';
COMMENT ON FUNCTION _asked_himself(text, text) IS '内部：当前角色是否为申请人';
COMMENT ON FUNCTION _managers_above(text, text[]) IS '内部：团队及其上级团队的主管，由近及远';
COMMENT ON FUNCTION _approvers(text, text, text, numeric, text, name) IS '内部：规则逐级由谁审批';
COMMENT ON FUNCTION _approval_rule(text, lead, text) IS '内部：适用的审批规则';
COMMENT ON FUNCTION _approval_event(text, bigint, jsonb) IS '内部：记录审批事件';
COMMENT ON FUNCTION _ask(bigint) IS '内部：轮到某一步审批';
COMMENT ON FUNCTION _advance_approval(bigint) IS '内部：进入下一级或通过';
COMMENT ON FUNCTION _decide_steps(bigint[], text, text) IS '内部：记录审批结果';
COMMENT ON FUNCTION _request_approval(text, bigint, text, numeric, jsonb, text, regclass) IS '内部：申请审批';
COMMENT ON FUNCTION _lock_approval(bigint) IS '内部：锁定有权处理的审批';
COMMENT ON FUNCTION _decide_approval(bigint, text, text, regclass) IS '内部：通过或驳回';
COMMENT ON FUNCTION _withdraw(bigint, text, regclass) IS '内部：撤回';
COMMENT ON FUNCTION _delegate_approval(bigint, text, text, text, regclass) IS '内部：转交';
COMMENT ON FUNCTION _pass_on(bigint, text, text) IS '内部：某一步改由他人审批';
COMMENT ON FUNCTION _may_pass_on(text) IS '内部：当前角色可否转交某人的审批';
COMMENT ON FUNCTION _deal_approvals(text, text) IS '内部：某人的审批可由谁接手';
COMMENT ON FUNCTION check_process(text) IS '检查流程：死路、到不了的阶段、所处阶段已不存在的线索等，并给出办法';
COMMENT ON FUNCTION import_history(regclass, text, jsonb, jsonb, regclass) IS '导入旧的阶段日志，按真实时间成为 stage_change；逐行返回结果';
COMMENT ON FUNCTION _history_column(regclass, jsonb, text) IS '内部：阶段日志中某字段所在的列';
COMMENT ON FUNCTION _check_staging(regclass, jsonb) IS '内部：按映射检查暂存表';
COMMENT ON FUNCTION _check_history(regclass, jsonb, jsonb) IS '内部：检查导入参数';
COMMENT ON FUNCTION _read_history(regclass, text, jsonb, jsonb) IS '内部：读取阶段日志';

COMMENT ON TABLE transition IS '阶段之间允许的流转';
COMMENT ON COLUMN transition.id IS '编号';
COMMENT ON COLUMN transition.process IS '流程';
COMMENT ON COLUMN transition.from_stage IS '离开的阶段；空为任何进行中的阶段';
COMMENT ON COLUMN transition.to_stage IS '到达的阶段';
COMMENT ON COLUMN transition.label IS '显示名称';
COMMENT ON COLUMN transition.condition IS '前提：关于线索一行的 SQL 表达式，须成立';
COMMENT ON COLUMN transition.required_fields IS '必填字段；attrs.键 为 attrs 中的键';
COMMENT ON COLUMN transition.approval IS '须先通过的审批规则';

COMMENT ON TABLE stage_rule IS '自动推进阶段的规则；只向前，且同样受流转约束';
COMMENT ON COLUMN stage_rule.code IS '规则代码';
COMMENT ON COLUMN stage_rule.label IS '显示名称';
COMMENT ON COLUMN stage_rule.process IS '流程';
COMMENT ON COLUMN stage_rule.position IS '顺序';
COMMENT ON COLUMN stage_rule.activity_kind IS '触发的活动种类；空为只看条件';
COMMENT ON COLUMN stage_rule.condition IS '条件：关于线索一行的 SQL 表达式';
COMMENT ON COLUMN stage_rule.to_stage IS '推进到的阶段';
COMMENT ON COLUMN stage_rule.active IS '是否启用';

COMMENT ON TABLE loss_reason IS '输单原因';
COMMENT ON COLUMN loss_reason.code IS '原因代码，即 lead.loss_reason 的值';
COMMENT ON COLUMN loss_reason.label IS '显示名称';
COMMENT ON COLUMN loss_reason.meaning IS '含义';
COMMENT ON COLUMN loss_reason.position IS '顺序';
COMMENT ON COLUMN loss_reason.needs_note IS '须填写说明';
COMMENT ON COLUMN loss_reason.needs_competitor IS '须填写竞争对手';
COMMENT ON COLUMN loss_reason.active IS '是否启用';

COMMENT ON TABLE stage_change IS '每条线索的阶段历史';
COMMENT ON COLUMN stage_change.lead_id IS '线索';
COMMENT ON COLUMN stage_change.position IS '在该线索历史中的序号，从 1 起，不间断';
COMMENT ON COLUMN stage_change.process IS '流程';
COMMENT ON COLUMN stage_change.from_stage IS '离开的阶段；第一条为空';
COMMENT ON COLUMN stage_change.to_stage IS '到达的阶段';
COMMENT ON COLUMN stage_change.at IS '时间';
COMMENT ON COLUMN stage_change.cause IS '由何引起：arrival 新到，writer 写入者，move 调用，repeat 重复咨询，unmerge 撤销合并，import 导入，rule:代码 规则';
COMMENT ON COLUMN stage_change.reason IS '输单原因';
COMMENT ON COLUMN stage_change.note IS '说明';
COMMENT ON COLUMN stage_change.competitor IS '输给的竞争对手';
COMMENT ON COLUMN stage_change.amount IS '当时的金额';
COMMENT ON COLUMN stage_change.owner IS '当时的负责人';
COMMENT ON COLUMN stage_change.actor IS '操作的数据库角色';

COMMENT ON FUNCTION _stage_columns() IS '内部：合并时不改动的列';
COMMENT ON FUNCTION move_stage(bigint, text, text, text, text, numeric) IS '把线索移到某阶段；返回新阶段';
COMMENT ON FUNCTION _writes_leads() IS '内部：当前角色是否可写所有线索';
COMMENT ON FUNCTION _lock_writable(bigint) IS '内部：锁定自己有权写入的线索';
COMMENT ON FUNCTION _move_stage(bigint, text, text, text, text, numeric, regclass) IS '内部：移动线索的阶段';

COMMENT ON TABLE pool_rule IS '多久无人跟进的线索放回公海；按顺序第一条符合的规则决定';
COMMENT ON COLUMN pool_rule.code IS '规则代码';
COMMENT ON COLUMN pool_rule.label IS '显示名称';
COMMENT ON COLUMN pool_rule.position IS '顺序';
COMMENT ON COLUMN pool_rule.condition IS '条件：关于线索一行的 SQL 表达式';
COMMENT ON COLUMN pool_rule.intents IS '只适用于这些意向；空为全部';
COMMENT ON COLUMN pool_rule.exempt IS '符合者永不放回';
COMMENT ON COLUMN pool_rule.days_without_follow_up IS '自最近联系或分配起，多少天无跟进即放回';
COMMENT ON COLUMN pool_rule.days_without_progress IS '自分配或最近一次阶段变化起，多少天无进展即放回';
COMMENT ON COLUMN pool_rule.warn_days IS '提前多少天提醒负责人';
COMMENT ON COLUMN pool_rule.pool IS '放回哪个公海；空为团队的公海，没有则为全员公海';
COMMENT ON COLUMN pool_rule.active IS '是否启用';

COMMENT ON TABLE recycle_sweep IS '内部：规则改变后 tick 重新安排线索的进度';
COMMENT ON COLUMN recycle_sweep.rules IS '所依据的规则的摘要';
COMMENT ON COLUMN recycle_sweep.last_lead IS '已处理到的线索编号';
COMMENT ON COLUMN recycle_sweep.missed IS '当时被锁定、留待重试的线索';
COMMENT ON COLUMN recycle_sweep.finished IS '是否已完成';
COMMENT ON COLUMN recycle_sweep.only_row IS '恒为真，保证只有一行';

COMMENT ON VIEW v_pool IS '公海中的线索；成员可见，领取前不显示客户身份';
COMMENT ON COLUMN v_pool.id IS '编号';
COMMENT ON COLUMN v_pool.pool IS '公海';
COMMENT ON COLUMN v_pool.pool_label IS '公海名称';
COMMENT ON COLUMN v_pool.pool_since IS '进入公海的时间';
COMMENT ON COLUMN v_pool.kind IS '种类：contact 个人，project 项目';
COMMENT ON COLUMN v_pool.masked_name IS '姓名首字';
COMMENT ON COLUMN v_pool.region IS '地区代码';
COMMENT ON COLUMN v_pool.region_name IS '地区名称';
COMMENT ON COLUMN v_pool.industry IS '行业';
COMMENT ON COLUMN v_pool.industry_label IS '行业名称';
COMMENT ON COLUMN v_pool.product_line IS '产品线';
COMMENT ON COLUMN v_pool.product_line_label IS '产品线名称';
COMMENT ON COLUMN v_pool.company_size IS '公司人数';
COMMENT ON COLUMN v_pool.budget_min IS '预算下限';
COMMENT ON COLUMN v_pool.budget_max IS '预算上限';
COMMENT ON COLUMN v_pool.intent IS '意向';
COMMENT ON COLUMN v_pool.intent_label IS '意向名称';
COMMENT ON COLUMN v_pool.score IS '评分';
COMMENT ON COLUMN v_pool.last_source IS '最近来源';
COMMENT ON COLUMN v_pool.last_source_label IS '最近来源名称';
COMMENT ON COLUMN v_pool.last_inbound_at IS '最近来询时间';
COMMENT ON COLUMN v_pool.claimable_from IS '读者自何时起可以领取';
COMMENT ON COLUMN v_pool.claimable IS '读者现在可否领取';
COMMENT ON COLUMN v_pool.why_not IS '不能领取的原因：not_a_member 不是成员，full 已满，claim_limit 已达每日上限，new_in_pool 刚进入，cool_down 原负责人冷却期';

COMMENT ON FUNCTION acting_rep() IS '当前角色是哪位销售';
COMMENT ON FUNCTION my_pools() IS '当前角色可以看到的公海，以及还能领取多少';
COMMENT ON FUNCTION claim(bigint, text) IS '从公海领取一条线索；返回负责人';
COMMENT ON FUNCTION claim_next(text, integer, text) IS '从公海领取最好的若干条线索；返回编号';
COMMENT ON FUNCTION release(bigint, text, text) IS '把线索放回公海，说明原因；返回公海';
COMMENT ON FUNCTION assign_to(bigint, text, text) IS '主管或管理员把线索交给某位销售';
COMMENT ON FUNCTION follow_up(bigint, text, text, text, timestamptz, text, timestamptz) IS '记录一次跟进，可定下次联系时间；返回活动编号';
COMMENT ON FUNCTION explain_recycling(bigint, timestamptz) IS '一条线索何时按哪条规则放回公海';
COMMENT ON FUNCTION _pools_of(text) IS '内部：一位销售可以领取的公海';
COMMENT ON FUNCTION _pool_for(text) IS '内部：一个团队的线索放入哪个公海';
COMMENT ON FUNCTION _room(text, text) IS '内部：一位销售还能领取多少';
COMMENT ON FUNCTION _claimable_from(bigint, text, timestamptz, text) IS '内部：自何时起可以领取';
COMMENT ON FUNCTION _is_open(bigint, text, text) IS '内部：线索是否未结束';
COMMENT ON FUNCTION _claimant(text) IS '内部：替谁领取，并检查权限';
COMMENT ON FUNCTION _local(timestamptz) IS '内部：按工作区时区显示的时间';
COMMENT ON FUNCTION _claim(bigint, text, regclass) IS '内部：领取';
COMMENT ON FUNCTION _best_of_pool(text, text, bigint) IS '内部：锁定公海中最好的线索';
COMMENT ON FUNCTION _claim_next(text, integer, text, regclass) IS '内部：领取若干条';
COMMENT ON FUNCTION _lock_own(bigint) IS '内部：锁定自己有权处置的线索';
COMMENT ON FUNCTION _release(bigint, text, text, regclass) IS '内部：放回公海';
COMMENT ON FUNCTION _assign_to(bigint, text, text, regclass) IS '内部：交给某位销售';
COMMENT ON FUNCTION _follow_up(bigint, text, text, text, timestamptz, text, timestamptz, regclass) IS '内部：记录跟进';
COMMENT ON FUNCTION _recycle(timestamptz, integer, regclass) IS '内部：tick 放回公海的部分';
COMMENT ON FUNCTION _warn_of_recycling(bigint[], timestamptz) IS '内部：提醒负责人';
COMMENT ON FUNCTION _replan_recycling(timestamptz, integer, regclass) IS '内部：规则改变后重新安排';

-- Numbers and reports.
COMMENT ON TABLE rep_target IS '销售或团队每月的目标';
COMMENT ON COLUMN rep_target.id IS '编号';
COMMENT ON COLUMN rep_target.rep IS '销售；与团队二者填一';
COMMENT ON COLUMN rep_target.team IS '团队';
COMMENT ON COLUMN rep_target.month IS '月份的首日';
COMMENT ON COLUMN rep_target.amount IS '目标金额，以工作区的币种计';
COMMENT ON COLUMN rep_target.won IS '目标赢单数';
COMMENT ON VIEW _cube_lead IS '内部：每条有效线索计入哪些数字';
COMMENT ON VIEW _cube_recount IS '内部：由线索重新计算的 _cube，用于核对';
COMMENT ON VIEW _cube IS '内部：线索按全部维度的数字，报表的来源';
COMMENT ON VIEW _department IS '内部：各团队的部门路径';
COMMENT ON VIEW _territory_region IS '内部：各地区所属片区';
COMMENT ON VIEW _currency IS '内部：工作区的币种';
COMMENT ON VIEW _path IS '内部：各流程中线索依次经过的阶段';
COMMENT ON VIEW _open_stage IS '内部：各步对应的进行中阶段';
COMMENT ON VIEW _part IS '内部：全部数字背后的行';
COMMENT ON VIEW _fact IS '内部：同上，带全部维度，限当前角色可见';
COMMENT ON VIEW _cost IS '内部：各来源每日费用';
COMMENT ON VIEW _stage_history IS '内部：到过各阶段的线索的赢单率';
COMMENT ON VIEW _rep_month IS '内部：每个销售每月的数字和目标';
COMMENT ON FUNCTION sees_numbers() IS '当前角色是否可以看到全部数字';
COMMENT ON FUNCTION drill(text, jsonb) IS '一个数字背后的线索：视图名，和其列的取值';
COMMENT ON FUNCTION funnel_by(text, jsonb) IS '按任一维度的漏斗及转化率';
COMMENT ON FUNCTION _numbers() IS '内部：各视图的计数和所计的线索';
COMMENT ON FUNCTION _filter(text, jsonb, text[]) IS '内部：由筛选条件得到的 SQL 条件';

COMMENT ON VIEW v_workspace IS '工作区的语言、时区、今天和币种';
COMMENT ON COLUMN v_workspace.locale IS '标签的语言：zh 或 en';
COMMENT ON COLUMN v_workspace.time_zone IS '按日、按月统计所用的时区';
COMMENT ON COLUMN v_workspace.today IS '该时区的今天';
COMMENT ON COLUMN v_workspace.currency IS '比率和排名所用的币种';
COMMENT ON FUNCTION report_html(date, date, jsonb, text) IS '报告页面：漏斗、走势、意向、来源、排行榜；起止日期，筛选条件，标题；用 psql -XAtq -c 写成文件';
COMMENT ON FUNCTION funnel_svg(date, date, jsonb, text) IS '销售漏斗图：起止日期，筛选条件，标题';
COMMENT ON FUNCTION _report_filter(date, date, jsonb) IS '内部：带期间的筛选';
COMMENT ON FUNCTION _report_where(text, jsonb) IS '内部：筛选变为某视图的条件';
COMMENT ON FUNCTION _report_totals(jsonb) IS '内部：期间的总数';
COMMENT ON FUNCTION _report_funnel(text, jsonb, text, text, boolean) IS '内部：画一个流程的漏斗';
COMMENT ON FUNCTION _report_tiles(jsonb, jsonb) IS '内部：报告的总数一栏';
COMMENT ON FUNCTION _report_trend(jsonb, jsonb) IS '内部：报告的走势';
COMMENT ON FUNCTION _report_intent(jsonb, jsonb) IS '内部：报告的意向分布';
COMMENT ON FUNCTION _report_losses(jsonb, jsonb) IS '内部：报告的输单原因';
COMMENT ON FUNCTION _report_sources(jsonb, jsonb) IS '内部：报告的来源';
COMMENT ON FUNCTION _report_leaderboard(jsonb, jsonb) IS '内部：报告的排行榜';

COMMENT ON VIEW v_stage IS '各流程的阶段';
COMMENT ON COLUMN v_stage.subject IS '流转的对象';
COMMENT ON COLUMN v_stage.stage_position IS '次序';
COMMENT ON COLUMN v_stage.step IS '在漏斗中的次序，从 1 起；输单没有';
COMMENT ON COLUMN v_stage.stuck_after IS '停留超过此时长视为停滞';
COMMENT ON VIEW v_intent_level IS '意向的级别';
COMMENT ON VIEW v_funnel IS '销售漏斗：线索走到了哪一步；按产生日期；各行可相加';
COMMENT ON COLUMN v_funnel.leads IS '至少到达该阶段的线索数，跳过或直接进入其后阶段的也计入';
COMMENT ON COLUMN v_funnel.amount IS '这些线索的预计金额；赢单为成交金额';
COMMENT ON COLUMN v_funnel.entered IS '确实进入过该阶段的线索数';
COMMENT ON COLUMN v_funnel.present IS '现在处于该阶段的线索数';
COMMENT ON VIEW v_funnel_total IS '全部线索的漏斗：转化率、流失率和最薄弱的一步';
COMMENT ON COLUMN v_funnel_total.leads IS '至少到达该阶段的线索数';
COMMENT ON COLUMN v_funnel_total.amount IS '这些线索的预计金额，各币种直接相加；赢单为成交金额';
COMMENT ON COLUMN v_funnel_total.entered IS '确实进入过该阶段的线索数';
COMMENT ON COLUMN v_funnel_total.present IS '现在处于该阶段的线索数';
COMMENT ON COLUMN v_funnel_total.from_previous IS '转化率：占上一步的比例';
COMMENT ON COLUMN v_funnel_total.from_first IS '占第一步的比例';
COMMENT ON COLUMN v_funnel_total.loss_rate IS '流失率：到此输单的比例';
COMMENT ON COLUMN v_funnel_total.worst IS '转化率最低的一步';
COMMENT ON VIEW v_source IS '各来源的线索、质量、成交和费用；按产生日期；各行可相加';
COMMENT ON COLUMN v_source.leads IS '首次来自该来源的线索数';
COMMENT ON COLUMN v_source.won IS '其中赢单数';
COMMENT ON COLUMN v_source.won_amount IS '其赢单金额';
COMMENT ON COLUMN v_source.leads_last_touch IS '最近一次来自该来源的线索数';
COMMENT ON COLUMN v_source.won_last_touch IS '其中赢单数';
COMMENT ON COLUMN v_source.won_amount_last_touch IS '其赢单金额';
COMMENT ON COLUMN v_source.leads_equal_share IS '首次和最近来源各计一半的线索数';
COMMENT ON COLUMN v_source.won_equal_share IS '其中赢单数';
COMMENT ON COLUMN v_source.won_amount_equal_share IS '其赢单金额';
COMMENT ON COLUMN v_source.cost IS '当日费用';
COMMENT ON VIEW v_source_month IS '各来源每月的效果：成本、投资回报、环比、连续偏低';
COMMENT ON COLUMN v_source_month.leads_before IS '上月线索数';
COMMENT ON COLUMN v_source_month.leads_trend IS '线索数环比';
COMMENT ON COLUMN v_source_month.hot_rate IS '高意向比例';
COMMENT ON COLUMN v_source_month.win_rate IS '赢单率';
COMMENT ON COLUMN v_source_month.win_rate_trend IS '赢单率较上月的变化';
COMMENT ON COLUMN v_source_month.win_rate_all IS '当月全部来源的赢单率';
COMMENT ON COLUMN v_source_month.amount_per_lead IS '每条线索带来的赢单金额';
COMMENT ON COLUMN v_source_month.cost_per_lead IS '每条线索的成本';
COMMENT ON COLUMN v_source_month.cost_per_won IS '每单的成本';
COMMENT ON COLUMN v_source_month.roi IS '投资回报率，归于首次来源';
COMMENT ON COLUMN v_source_month.roi_last_touch IS '投资回报率，归于最近来源';
COMMENT ON COLUMN v_source_month.roi_equal_share IS '投资回报率，首次和最近来源平分';
COMMENT ON COLUMN v_source_month.low IS '赢单率低于全部来源';
COMMENT ON COLUMN v_source_month.low_for_three IS '连续三个月偏低';
COMMENT ON VIEW v_leaderboard IS '销售业绩：线索按产生日期，赢单按赢单日期，目标按月；各行可相加';
COMMENT ON COLUMN v_leaderboard.team_target_won IS '团队目标：赢单数';
COMMENT ON COLUMN v_leaderboard.team_target_amount IS '团队目标：金额';
COMMENT ON VIEW v_leaderboard_month IS '每月龙虎榜：名次、业绩、目标完成率、首次联系';
COMMENT ON COLUMN v_leaderboard_month.rank IS '当月在全体销售中的名次';
COMMENT ON COLUMN v_leaderboard_month.attainment_won IS '赢单数目标完成率';
COMMENT ON VIEW v_team_month IS '每月各团队（含下级）业绩和人均';
COMMENT ON COLUMN v_team_month.heads IS '在岗销售人数';
COMMENT ON COLUMN v_team_month.won_per_head IS '人均赢单数';
COMMENT ON COLUMN v_team_month.won_amount_per_head IS '人均赢单金额';
COMMENT ON COLUMN v_team_month.target_won IS '目标赢单数：团队的，没有则为成员之和';
COMMENT ON COLUMN v_team_month.target_amount IS '目标金额：团队的，没有则为成员之和';
COMMENT ON VIEW v_intent IS '此刻各意向级别的线索；按产生日期；各行可相加';
COMMENT ON VIEW v_intent_total IS '此刻意向的分布';
COMMENT ON COLUMN v_intent_total.share IS '占比';
COMMENT ON VIEW v_pipeline IS '进行中的线索和加权金额；按产生日期；各行可相加';
COMMENT ON COLUMN v_pipeline.weighted_amount IS '金额 × 阶段概率';
COMMENT ON VIEW v_forecast IS '预测：按预计成交月份的加权金额，以及已赢单的；各行可相加';
COMMENT ON COLUMN v_forecast.leads IS '进行中的线索数';
COMMENT ON COLUMN v_forecast.amount IS '其预计金额';
COMMENT ON COLUMN v_forecast.weighted_amount IS '按阶段概率加权';
COMMENT ON COLUMN v_forecast.history_amount IS '按同阶段线索的历史赢单率加权';
COMMENT ON VIEW v_stage_time IS '线索在各阶段停留的天数；按产生日期；各行可相加';
COMMENT ON COLUMN v_stage_time.visits IS '进入该阶段的次数';
COMMENT ON COLUMN v_stage_time.days IS '停留天数之和，未离开的算到此刻';
COMMENT ON COLUMN v_stage_time.ended IS '其中已离开的次数';
COMMENT ON VIEW v_stage_time_total IS '各阶段停留天数的中位数和 90 分位（已结束的停留，误差 1% 以内），以及停滞线索';
COMMENT ON COLUMN v_stage_time_total.visits IS '进入该阶段的次数';
COMMENT ON COLUMN v_stage_time_total.leads IS '到过该阶段的线索数';
COMMENT ON COLUMN v_stage_time_total.ended IS '其中已结束的次数';
COMMENT ON COLUMN v_stage_time_total.average_days IS '平均天数';
COMMENT ON COLUMN v_stage_time_total.median_days IS '天数的中位数';
COMMENT ON COLUMN v_stage_time_total.p90_days IS '天数的 90 分位';
COMMENT ON COLUMN v_stage_time_total.stuck IS '停滞的线索数';
COMMENT ON COLUMN v_stage_time_total.stuck_amount IS '其预计金额，各币种直接相加';
COMMENT ON VIEW v_stuck IS '此刻停滞的线索；按产生日期；各行可相加';
COMMENT ON VIEW v_loss IS '输单原因；按输单日期；各行可相加';
COMMENT ON COLUMN v_loss.stage IS '输单前到达的最远阶段';
COMMENT ON COLUMN v_loss.loss_reason IS '输单原因代码';
COMMENT ON COLUMN v_loss.loss_reason_label IS '输单原因';
COMMENT ON COLUMN v_loss.competitor IS '输给的竞争对手';
COMMENT ON VIEW v_sla IS '首次联系：时效、等待和超期；按产生日期；各行可相加';
COMMENT ON COLUMN v_sla.waiting IS '此刻等待首次联系的线索数';
COMMENT ON COLUMN v_sla.overdue IS '其中已过期限的';
COMMENT ON COLUMN v_lead.process IS '流程代码';
COMMENT ON COLUMN v_lead.process_label IS '流程名称';
COMMENT ON COLUMN v_lead.stage_label IS '阶段名称';
COMMENT ON COLUMN v_lead.stage_kind IS '阶段种类：open 进行中，won 赢单，lost 输单，converted 已转化';
COMMENT ON COLUMN v_lead.stage_since IS '进入当前阶段的时间';
COMMENT ON COLUMN v_lead.stages IS '到过的阶段，按首次进入的顺序';
COMMENT ON COLUMN v_lead.furthest_stage IS '到达的最远阶段';
COMMENT ON COLUMN v_lead.furthest_stage_label IS '最远阶段名称';
COMMENT ON COLUMN v_lead.furthest_step IS '最远阶段在漏斗中的次序';
COMMENT ON COLUMN v_lead.stuck IS '在进行中的阶段停留过久';
COMMENT ON COLUMN v_lead.closes_on IS '预计成交月份的首日';
COMMENT ON COLUMN v_lead.won_at IS '赢单时间';
COMMENT ON COLUMN v_lead.won_on IS '赢单日期（工作区时区）';
COMMENT ON COLUMN v_lead.won_amount IS '赢单金额';
COMMENT ON COLUMN v_lead.lost_at IS '输单时间';
COMMENT ON COLUMN v_lead.lost_on IS '输单日期（工作区时区）';
COMMENT ON COLUMN v_lead.loss_reason IS '输单原因代码';
COMMENT ON COLUMN v_lead.loss_reason_label IS '输单原因';
COMMENT ON COLUMN v_lead.loss_note IS '输单说明';
COMMENT ON COLUMN v_lead.competitor IS '竞争对手';
COMMENT ON COLUMN v_lead.province IS '省级代码';
COMMENT ON COLUMN v_lead.province_name IS '省级名称';
COMMENT ON COLUMN v_lead.city IS '地级代码';
COMMENT ON COLUMN v_lead.city_name IS '地级名称';
COMMENT ON COLUMN v_lead.territory IS '销售片区代码';
COMMENT ON COLUMN v_lead.territory_label IS '销售片区名称';
COMMENT ON COLUMN v_lead.first_channel IS '首次来源的渠道类别';
COMMENT ON COLUMN v_lead.last_channel IS '最近来源的渠道类别';
COMMENT ON COLUMN v_lead.department IS '部门：从最上级团队起的代码路径';
COMMENT ON COLUMN v_lead.department_label IS '部门：名称路径';
COMMENT ON COLUMN v_lead.first_contacted_at IS '首次联系的时间';
COMMENT ON COLUMN v_lead.last_contacted_at IS '最近联系的时间';

-- Columns that mean the same wherever they are.
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT a.attrelid::regclass AS view, a.attname, l.meaning
          FROM pg_attribute a
          JOIN (VALUES
              ('day', '日（工作区时区）'),
              ('week', '周，以周一表示'),
              ('month', '月，以首日表示'),
              ('quarter', '季度，以首日表示'),
              ('year', '年'),
              ('team', '团队代码'),
              ('team_label', '团队名称'),
              ('department', '部门：从最上级团队起的代码路径'),
              ('department_label', '部门：名称路径'),
              ('owner', '负责人的销售代码'),
              ('owner_name', '负责人姓名'),
              ('province', '省级代码'),
              ('province_name', '省级名称'),
              ('city', '地级代码'),
              ('city_name', '地级名称'),
              ('territory', '销售片区代码：最贴近该地区的一个'),
              ('territory_label', '销售片区名称'),
              ('industry', '行业代码'),
              ('industry_label', '行业名称'),
              ('product_line', '产品线代码'),
              ('product_line_label', '产品线名称'),
              ('source', '来源代码'),
              ('source_label', '来源名称'),
              ('channel', '渠道类别'),
              ('campaign', '推广计划'),
              ('partner', '渠道伙伴'),
              ('currency', '币种；金额只能按同一币种相加'),
              ('process', '流程代码'),
              ('process_label', '流程名称'),
              ('stage', '阶段代码'),
              ('stage_label', '阶段名称'),
              ('stage_kind', '阶段种类：open 进行中，won 赢单，lost 输单，converted 已转化'),
              ('step', '在漏斗中的次序，从 1 起'),
              ('probability', '该阶段赢单的概率'),
              ('leads', '线索数'),
              ('amount', '预计成交金额'),
              ('expected_amount', '预计成交金额'),
              ('won', '赢单数'),
              ('won_amount', '赢单金额'),
              ('lost', '到此为止而输单的线索数'),
              ('lost_amount', '其预计金额'),
              ('scored', '有评分的线索数'),
              ('score', '评分之和'),
              ('average_score', '平均评分'),
              ('hot', '高意向线索数'),
              ('cost', '投放费用'),
              ('intent', '意向级别'),
              ('intent_label', '意向名称'),
              ('intent_position', '意向次序'),
              ('assigned', '已分配的线索数'),
              ('contacted', '已首次联系的线索数'),
              ('contact_minutes', '从分配到首次联系的分钟数之和'),
              ('contact_rate', '首次联系率：已联系 / 已分配'),
              ('average_contact_minutes', '平均多少分钟后首次联系'),
              ('target_won', '销售目标：赢单数'),
              ('target_amount', '销售目标：金额'),
              ('created_on', '产生日期'),
              ('won_on', '赢单日期'),
              ('lost_on', '输单日期'),
              ('closes_on', '预计成交月份的首日'),
              ('kind', '线索种类'),
              ('id', '线索编号'),
              ('region', '地区代码'),
              ('stages', '到过的阶段，按首次进入的顺序'),
              ('first_source', '首次来源代码'),
              ('last_source', '最近来源代码'),
              ('loss_reason', '输单原因代码'),
              ('competitor', '竞争对手'),
              ('part', '哪一部分'),
              ('late', '超期的线索数'),
              ('stayed', '停留天数'),
              ('ended', '已离开的次数'),
              ('touched', '末次触点线索数'),
              ('waiting', '等待首次联系的线索数'),
              ('team_target_won', '团队目标：赢单数'),
              ('team_target_amount', '团队目标：金额'),
              ('first_contacted_at', '首次联系时间'),
              ('first_contact_due_at', '首次联系时限'),
              ('stage_since', '进入当前阶段的时间'),
              ('won_at', '赢单时间'),
              ('lost_at', '输单时间'),
              ('lifecycle', '各阶段及其时间'),
              ('path', '依次经过的阶段'),
              ('steps', '其中进行中的阶段数'),
              ('win_rate', '赢单率'),
              ('attainment', '金额目标完成率')
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
    ('百度推广',      '百度推广',       'search_ad',   10, 'template'),
    ('360推广',       '360推广',        'search_ad',   20, 'template'),
    ('微信公众号',    '微信公众号',     'social',      30, 'template'),
    ('抖音',          '抖音',           'social',      40, 'template'),
    ('阿里巴巴',      '阿里巴巴',       'marketplace', 50, 'template'),
    ('展会名片',      '展会名片',       'event',       60, 'template'),
    ('呼叫中心',      '呼叫中心',       'phone',       70, 'template'),
    ('官网',          '官网',           'website',     80, 'template'),
    ('官网-索要报价', '官网 - 索要报价', 'website',     90, 'template'),
    ('渠道伙伴',      '渠道伙伴',       'partner',    100, 'template'),
    ('unknown',       '未知来源',       NULL,         999, 'template');

INSERT INTO industry (code, label, synonyms, position) VALUES
    ('manufacturing', '制造业', '{制造,工业,机械,机械制造,装备制造,生产制造,工厂,manufacturing}', 10),
    ('automotive',    '汽车',   '{汽车零部件,汽车制造,汽车行业,整车,汽配,新能源汽车,automotive}', 20),
    ('electronics',   '电子',   '{电子科技,电子制造,半导体,芯片,消费电子,电子元器件,electronics}', 30),
    ('software',      '软件和信息技术', '{软件,IT,信息技术,互联网,网络科技,SaaS,云计算,大数据,人工智能,计算机}', 40),
    ('telecom',       '通信',   '{电信,运营商,通讯,telecom}', 50),
    ('finance',       '金融',   '{银行,保险,证券,基金,投资,金融业,finance}', 60),
    ('healthcare',    '医疗健康', '{医疗,医院,医疗器械,健康,healthcare}', 70),
    ('pharma',        '医药',   '{制药,生物医药,药企,医药行业,pharma}', 80),
    ('education',     '教育',   '{教育科技,教育培训,教育咨询,培训,学校,education}', 90),
    ('retail',        '零售',   '{商超,连锁,连锁零售,便利店,retail}', 100),
    ('ecommerce',     '电子商务', '{电商,跨境电商,网店,ecommerce}', 110),
    ('trade',         '批发贸易', '{贸易,商贸,外贸,进出口,批发,经销,trading}', 120),
    ('logistics',     '物流',   '{运输,快递,仓储,供应链,供应链管理,物流业,logistics}', 130),
    ('construction',  '建筑工程', '{建筑,工程,建筑业,装饰,装饰工程,装修,建材,施工,construction}', 140),
    ('real_estate',   '房地产', '{地产,物业,物业管理,房产,real estate}', 150),
    ('catering',      '餐饮',   '{餐厅,饭店,餐饮管理,餐饮业,catering}', 160),
    ('hospitality',   '酒店旅游', '{酒店,旅游,旅行社,文旅,hospitality}', 170),
    ('food',          '食品饮料', '{食品,饮料,快消,快消品,food}', 180),
    ('energy',        '能源',   '{电力,石油,化工,石化,光伏,新能源,energy}', 190),
    ('environment',   '环保',   '{环保科技,环境,水务,节能,environment}', 200),
    ('agriculture',   '农业',   '{农林牧渔,农业发展,种植,养殖,agriculture}', 210),
    ('media',         '文化传媒', '{传媒,广告,文化,影视,媒体,营销,media}', 220),
    ('services',      '企业服务', '{咨询,法律,财税,人力资源,会计,商务服务,services}', 230),
    ('government',    '政府和公共事业', '{政府,机关,事业单位,公共事业,国企,government}', 240);

UPDATE identity_rule r SET label = l.label FROM (VALUES
    ('unionid', '微信 UnionID 相同：合并'),
    ('phone', '电话相同：合并；姓名矛盾则复核'),
    ('email', '邮箱相同：合并'),
    ('wechat', '微信号相同：合并'),
    ('company_person', '公司和姓名相同：复核'),
    ('tax_id', '统一社会信用代码相同：关联'),
    ('company_project', '公司和项目名称相同：复核'),
    ('project_phone', '项目电话相同：关联')
) AS l (code, label) WHERE l.code = r.code;

UPDATE half_life r SET label = l.label FROM (VALUES
    ('1', '页面浏览等短期行为'),
    ('2', '下载、邮件等'),
    ('3', '询价、活动等'),
    ('4', '留下联系方式等长期行为')
) AS l (class, label) WHERE l.class::smallint = r.class;

UPDATE activity_kind r SET label = l.label FROM (VALUES
    ('inquiry', '询盘'),
    ('view_page', '浏览页面'),
    ('view_product', '浏览产品页'),
    ('view_price', '浏览价格页'),
    ('download_whitepaper', '下载白皮书'),
    ('download_case', '下载案例'),
    ('download_document', '下载技术资料'),
    ('webinar_registered', '报名直播课'),
    ('webinar_attended', '参加直播课'),
    ('salon_registered', '报名沙龙'),
    ('salon_attended', '参加沙龙'),
    ('mail_opened', '打开邮件'),
    ('mail_clicked', '点击邮件'),
    ('ask_price', '询问价格'),
    ('ask_discount', '询问折扣'),
    ('ask_solution', '索要方案'),
    ('ask_quote', '索要详细报价'),
    ('book_demo', '预约演示'),
    ('book_visit', '预约拜访'),
    ('discuss_implementation', '讨论实施细节'),
    ('discuss_contract', '讨论合同条款'),
    ('message', '来信'),
    ('card_exchanged', '交换名片'),
    ('contact_left', '留下联系方式'),
    ('subscribed', '首次订阅'),
    ('call', '电话'),
    ('visit', '拜访'),
    ('meeting', '会议'),
    ('demo', '演示'),
    ('proposal', '发送方案'),
    ('chat', '微信沟通'),
    ('mail', '发邮件')
) AS l (kind, label) WHERE l.kind = r.kind;

UPDATE process r SET label = l.label FROM (VALUES
    ('lead', '线索流程'),
    ('project', '项目型线索流程'),
    ('opportunity', '商机流程')
) AS l (code, label) WHERE l.code = r.code;

UPDATE stage r SET label = l.label FROM (VALUES
    ('new', '新线索'),
    ('contacted', '初次联系'),
    ('analysis', '需求分析'),
    ('proposal', '方案提供'),
    ('negotiation', '商务谈判'),
    ('won', '赢单'),
    ('lost', '输单'),
    ('proposal_submitted', '方案提交'),
    ('internal_review', '客户内部评审'),
    ('qualified', '商机确认'),
    ('quote', '报价')
) AS l (code, label) WHERE l.code = r.code;

UPDATE loss_reason r SET label = l.label FROM (VALUES
    ('price', '价格过高'),
    ('features', '功能不匹配'),
    ('competitor', '输给竞争对手'),
    ('budget', '没有预算'),
    ('timing', '时机未到'),
    ('no_answer', '联系不上'),
    ('not_a_customer', '非目标客户'),
    ('cancelled', '项目取消'),
    ('other', '其他')
) AS l (code, label) WHERE l.code = r.code;

UPDATE approval_rule r SET label = l.label FROM (VALUES
    ('visit', '客户拜访审批'),
    ('discount', '折扣审批'),
    ('contract', '合同签订审批')
) AS l (code, label) WHERE l.code = r.code;

UPDATE pool_rule r SET label = l.label FROM (VALUES
    ('planned', '30 天内有计划联系的不放回'),
    ('hot', '高意向 3 天未跟进'),
    ('warm', '中意向 10 天未跟进'),
    ('cold', '低意向 30 天未跟进')
) AS l (code, label) WHERE l.code = r.code;

UPDATE intent_level r SET label = l.label FROM (VALUES
    ('hot', '高意向'),
    ('warm', '中意向'),
    ('cold', '低意向')
) AS l (level, label) WHERE l.level = r.level;

UPDATE intent_rule r SET label = l.label FROM (VALUES
    ('demo_form', '预约演示或索要报价的表单（英文）'),
    ('asked_price', '询问价格或折扣'),
    ('asked_solution', '索要方案或详细报价'),
    ('booked', '预约演示或拜访'),
    ('discusses', '讨论实施或合同'),
    ('core_pages', '7 天内 3 次浏览产品或价格页'),
    ('downloaded', '下载资料'),
    ('attended', '参加直播课或沙龙'),
    ('mail_read', '14 天内两次打开或点击邮件'),
    ('asked_quote', '索要报价或预约演示'),
    ('took_document', '下载了白皮书、案例或技术资料'),
    ('writes_of_price', '留言提到价格或折扣'),
    ('writes_of_solution', '留言提到方案、实施、合同或演示')
) AS l (code, label) WHERE l.code = r.code;

UPDATE pool r SET label = l.label FROM (VALUES
    ('common', '公海')
) AS l (code, label) WHERE l.code = r.code;

INSERT INTO territory (code, label, regions) VALUES
    ('chongqing_main', '主城九区', '{500103,500104,500105,500106,500107,500108,500109,500112,500113}'),
    ('chongqing_west', '渝西片区', '{500111,500116,500117,500118,500120,500151,500152,500153}'),
    ('south',          '华南区',   '{44,45,46}');

UPDATE assignment_rule r SET label = l.label FROM (VALUES
    ('quote_to_director', '官网索要报价：分给所在片区的总监'),
    ('by_territory', '分给所在片区的销售'),
    ('by_industry', '分给最熟悉该行业的销售'),
    ('everybody', '分给负载最低的销售')
) AS l (code, label) WHERE l.code = r.code;

UPDATE score_cap r SET label = l.label FROM (VALUES
    ('title', '职位'),
    ('company', '公司规模'),
    ('budget', '预算'),
    ('contact', '资料完整度')
) AS l (cap_group, label) WHERE l.cap_group = r.cap_group;

UPDATE score_rule r SET label = l.label FROM (VALUES
    ('title_chief', '企业负责人（英文职位）'),
    ('title_director', '总监级（英文职位）'),
    ('title_manager', '经理级（英文职位）'),
    ('title_buyer', '采购（英文职位）'),
    ('size_1000', '公司 1000 人以上'),
    ('size_200', '公司 200-999 人'),
    ('size_50', '公司 50-199 人'),
    ('size_10', '公司 10-49 人'),
    ('budget_1000k', '预算 100 万以上'),
    ('budget_200k', '预算 20 万至 100 万'),
    ('budget_50k', '预算 5 万至 20 万'),
    ('budget_some', '预算 5 万以下'),
    ('budget_exact', '预算明确'),
    ('phone_known', '有电话'),
    ('mail_known', '有邮箱'),
    ('wechat_known', '有微信'),
    ('company_known', '有公司'),
    ('industry_known', '有行业'),
    ('partner_referral', '伙伴推荐'),
    ('project', '项目线索'),
    ('no_way_to_reach', '没有任何联系方式'),
    ('unreadable_phone', '电话无法识别'),
    ('title_chief_zh', '企业负责人'),
    ('title_director_zh', '总监级'),
    ('title_manager_zh', '经理级'),
    ('title_buyer_zh', '采购')
) AS l (code, label) WHERE l.code = r.code;

-- part: sample

INSERT INTO product_line (code, label, synonyms, position) VALUES
    ('standard',     '标准版',       '{基础版}', 10),
    ('professional', '专业版',       '{}', 20),
    ('enterprise',   '企业版',       '{旗舰版}', 30),
    ('mobile',       '移动版',       '{手机版}', 40),
    ('call_centre',  '呼叫中心模块', '{呼叫中心}', 50);

UPDATE team r SET label = l.label FROM (VALUES
    ('sales', '销售部'),
    ('chongqing', '重庆组'),
    ('south', '华南组'),
    ('industry', '行业组')
) AS l (code, label) WHERE l.code = r.code;

UPDATE rep r SET name = l.name FROM (VALUES
    ('zhang', '张三'),
    ('li', '李四'),
    ('wang', '王五'),
    ('zhao', '赵六'),
    ('qian', '钱七'),
    ('sun', '孙八'),
    ('zhou', '周九'),
    ('wu', '吴十'),
    ('zheng', '郑十一')
) AS l (code, name) WHERE l.code = r.code;

UPDATE territory r SET label = l.label FROM (VALUES
    ('chongqing', '重庆')
) AS l (code, label) WHERE l.code = r.code;

UPDATE assignment_rule r SET label = l.label FROM (VALUES
    ('nowhere_to_call', '没有联系方式：进入公海')
) AS l (code, label) WHERE l.code = r.code;
