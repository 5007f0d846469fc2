//! Random requests against the rules of the budget.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The chats of the model: two groups and two private chats.
const CHATS: [i64; 4] = [-2, -1, 1, 2];

/// Small limits, so that few requests meet them.
const LIMITS: BudgetLimits = BudgetLimits {
    group_per_minute: 5,
    private_per_second: 1,
    bot_per_second: 3,
};

/// A step of the model.
#[derive(Clone, Debug)]
enum BudgetStep {
    Take {
        chat: i64,
        priority: SendPriority,
        patience: Duration,
    },
    /// Drops one of the requests so far.
    Drop(prop::sample::Index),
    Limited(Duration),
    Pass(Duration),
}

/// A request of the model, as seen from outside.
struct ModelRequest {
    chat: i64,
    priority: SendPriority,
    begun: Steady,
    patience: Duration,
    task: JoinHandle<Result<i64, Duration>>,
    is_dropped: bool,
    /// The end of the request, with the time of the permit if there was one.
    ended: Option<(Steady, Option<Steady>)>,
}

/// The budget with its requests, and the pauses so far.
struct BudgetModel {
    budget: Arc<SendBudget>,
    clock: Arc<SimClock>,
    requests: Vec<ModelRequest>,
    /// The begin and the end of each pause.
    pauses: Vec<(Steady, Steady)>,
}

fn any_step() -> impl Strategy<Value = BudgetStep> {
    let priority = prop_oneof![
        1 => Just(SendPriority::Approval),
        3 => Just(SendPriority::Reply),
        1 => Just(SendPriority::Topic),
        3 => Just(SendPriority::Edit),
        1 => Just(SendPriority::ToolNotice),
        1 => Just(SendPriority::Draft),
        1 => Just(SendPriority::Stranger),
    ];
    let patience = prop_oneof![
        1 => Just(Duration::ZERO),
        1 => (1_u64..30_000).prop_map(Duration::from_millis),
        2 => Just(PATIENT),
    ];
    let take = (prop::sample::select(&CHATS[..]), priority, patience);
    let take = take.prop_map(|(chat, priority, patience)| BudgetStep::Take {
        chat,
        priority,
        patience,
    });
    prop_oneof![
        8 => take,
        1 => any::<prop::sample::Index>().prop_map(BudgetStep::Drop),
        1 => (0_u64..50).prop_map(|seconds| BudgetStep::Limited(Duration::from_secs(seconds))),
        4 => (1_u64..5_000).prop_map(|millis| BudgetStep::Pass(Duration::from_millis(millis))),
    ]
}

impl BudgetModel {
    fn new() -> Self {
        let (budget, clock) = new_budget(LIMITS);
        Self {
            budget,
            clock,
            requests: Vec::new(),
            pauses: Vec::new(),
        }
    }

    async fn make_step(&mut self, step: BudgetStep) {
        let now = self.clock.steady();
        match step {
            BudgetStep::Take {
                chat,
                priority,
                patience,
            } => {
                let task = begin_waiting(&self.budget, chat, priority, patience).await;
                self.requests.push(ModelRequest {
                    chat,
                    priority,
                    begun: now,
                    patience,
                    task,
                    is_dropped: false,
                    ended: None,
                });
            }
            BudgetStep::Drop(index) => {
                if !self.requests.is_empty() {
                    let dropped = index.index(self.requests.len());
                    let request = &mut self.requests[dropped];
                    request.task.abort();
                    request.is_dropped = true;
                }
            }
            BudgetStep::Limited(pause) => {
                self.budget.note_limited(pause);
                self.pauses.push((now, now.after(pause)));
            }
            BudgetStep::Pass(pause) => self.pass_time(now.after(pause)).await,
        }
        self.collect_ended().await;
    }

    /// Moves the clock to a time, with a stop at each sleeper.
    async fn pass_time(&mut self, until: Steady) {
        self.collect_ended().await;
        while let Some(next) = self.clock.earliest().filter(|next| *next <= until) {
            self.check_nobody_overslept(next.before(Duration::from_millis(1)));
            self.clock.advance_to(next);
            self.collect_ended().await;
            self.check_nobody_overslept(next);
        }
        self.check_nobody_overslept(until.before(Duration::from_millis(1)));
        self.clock.advance_to(until);
        self.collect_ended().await;
    }

    /// Notes which requests have ended.
    async fn collect_ended(&mut self) {
        settle().await;
        let now = self.clock.steady();
        for request in &mut self.requests {
            if request.ended.is_none() && request.task.is_finished() {
                let permit = (&mut request.task).await;
                let permit = permit.ok().and_then(Result::ok).map(Steady);
                request.ended = Some((now, permit));
            }
        }
    }

    /// Checks that no approval waits at `time`, if all limits have room for it.
    fn check_nobody_overslept(&self, time: Steady) {
        for request in &self.requests {
            let is_waiting = request.ended.is_none() && request.begun <= time;
            if is_waiting && request.priority == SendPriority::Approval {
                let has_room = self.has_room(request.chat, time);
                assert!(!has_room, "a request overslept its permit at {time:?}");
            }
        }
    }

    /// Whether all limits have room for a request at this time.
    fn has_room(&self, chat: i64, time: Steady) -> bool {
        let spaced = self.pauses.iter();
        let is_spaced = spaced
            .into_iter()
            .any(|(_, end)| time < end.after(Duration::from_mins(1)));
        let (most, length) = limit_of(chat);
        let bot = self.permits(None);
        let of_chat = self.permits(Some(chat));
        !is_spaced
            && count_since(&of_chat, time, length) < most
            && count_since(&bot, time, Duration::from_secs(1)) < 3
    }

    /// The times of all permits, in order.
    fn permits(&self, chat: Option<i64>) -> Vec<Steady> {
        let requests = self.requests.iter();
        let requests = requests.filter(|it| chat.is_none_or(|chat| it.chat == chat));
        let mut permits: Vec<_> = requests.filter_map(|it| it.ended?.1).collect();
        permits.sort();
        permits
    }

    /// Runs until nobody waits, and checks all rules.
    async fn check_rules(mut self) {
        self.pass_time(Steady(millis_of(PATIENT) / 2)).await;
        for chat in CHATS {
            let (most, length) = limit_of(chat);
            check_window(&self.permits(Some(chat)), most, length);
        }
        let all = self.permits(None);
        check_window(&all, 3, Duration::from_secs(1));
        for (begin, end) in &self.pauses {
            // A permit at the begin can be from before the pause.
            let broken = all.iter().find(|permit| *permit > begin && *permit < end);
            assert_eq!(broken, None, "in the pause {begin:?} to {end:?}");
        }
        let mut by_chat: BTreeMap<i64, Vec<&ModelRequest>> = BTreeMap::new();
        for request in &self.requests {
            let (ended, permit) = request.ended.expect("every request ends");
            if request.patience < PATIENT {
                assert!(ended <= request.begun.after(request.patience));
            } else if !request.is_dropped {
                assert!(permit.is_some(), "a patient request got no permit");
            }
            by_chat.entry(request.chat).or_default().push(request);
        }
        for requests in by_chat.values() {
            check_order(requests);
        }
    }
}

/// Checks that no request got a permit while a better one waited in the same chat.
fn check_order(requests: &[&ModelRequest]) {
    for (number, served) in requests.iter().enumerate() {
        let Some((_, Some(permit))) = served.ended else {
            continue;
        };
        for (other, better) in requests.iter().enumerate() {
            let is_better = (better.priority, other) < (served.priority, number);
            let ended = better.ended.map(|(ended, _)| ended);
            let waited = better.begun < permit && ended.is_none_or(|ended| ended > permit);
            assert!(!(is_better && waited), "{number} came before {other}");
        }
    }
}

fn limit_of(chat: i64) -> (usize, Duration) {
    if chat < 0 {
        (5, Duration::from_mins(1))
    } else {
        (1, Duration::from_secs(1))
    }
}

fn count_since(permits: &[Steady], time: Steady, length: Duration) -> usize {
    let recent = permits
        .iter()
        .filter(|permit| permit.after(length) > time && **permit <= time);
    recent.count()
}

fn check_window(permits: &[Steady], most: usize, length: Duration) {
    for (first, beyond) in permits.iter().zip(permits.iter().skip(most)) {
        assert!(
            beyond.since(*first) >= length,
            "too many permits from {first:?} to {beyond:?}"
        );
    }
}

fn millis_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_budget_keeps_its_rules(steps in prop::collection::vec(any_step(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut model = BudgetModel::new();
            for step in steps {
                model.make_step(step).await;
            }
            model.check_rules().await;
        });
    }
}
