package kiln.gradle;

import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.gradle.api.internal.StartParameterInternal;
import org.gradle.api.logging.configuration.ConsoleOutput;
import org.gradle.initialization.DefaultBuildCancellationToken;
import org.gradle.initialization.DefaultBuildRequestContext;
import org.gradle.initialization.DefaultBuildRequestMetaData;
import org.gradle.initialization.NoOpBuildEventConsumer;
import org.gradle.internal.buildoption.Option;
import org.gradle.internal.buildprocess.BuildProcessState;
import org.gradle.internal.classpath.ClassPath;
import org.gradle.internal.instrumentation.agent.AgentStatus;
import org.gradle.internal.logging.LoggingManagerInternal;
import org.gradle.internal.logging.services.DefaultLoggingManagerFactory;
import org.gradle.internal.logging.services.LoggingServiceRegistry;
import org.gradle.internal.nativeintegration.services.NativeServices;
import org.gradle.internal.service.ServiceRegistry;
import org.gradle.internal.watch.registry.WatchMode;
import org.gradle.launcher.exec.BuildActionResult;
import org.gradle.launcher.exec.BuildExecutor;
import org.gradle.launcher.exec.DefaultBuildActionParameters;
import org.gradle.tooling.internal.provider.action.ExecuteBuildAction;

/**
 * One build by Gradle's own engine, in a JVM of its own: what its command line does when it starts no daemon. Gradle's
 * distribution is in no repository of artifacts, but all classes of its engine are in the jar of its interfaces.
 *
 * <p>Usage: {@code GradleBuild HOME USER-HOME PROJECT [--configuration-cache | --build-cache | -Pname=value | TASK]...}
 */
final class GradleBuild {
    private GradleBuild() {}

    public static void main(String[] args) {
        File userHome = new File(args[1]);
        File project = new File(args[2]);
        StartParameterInternal start = new StartParameterInternal();
        start.setGradleHomeDir(new File(args[0]));
        start.setGradleUserHomeDir(userHome);
        start.setCurrentDir(project);
        start.setProjectDir(project);
        start.setWatchFileSystemMode(WatchMode.DISABLED);
        start.setOffline(true);
        Map<String, String> properties = new HashMap<>();
        List<String> tasks = new ArrayList<>();
        for (String arg : List.of(args).subList(3, args.length)) {
            if (arg.equals("--configuration-cache")) {
                start.setConfigurationCache(Option.Value.value(true));
            } else if (arg.equals("--build-cache")) {
                start.setBuildCacheEnabled(true);
            } else if (arg.startsWith("-P")) {
                properties.put(arg.substring(2, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
            } else {
                tasks.add(arg);
            }
        }
        start.setProjectProperties(properties);
        start.setTaskNames(tasks);

        NativeServices.initializeOnDaemon(userHome, NativeServices.NativeServicesMode.DISABLED);
        ServiceRegistry logging = LoggingServiceRegistry.newCommandLineProcessLogging();
        LoggingManagerInternal log =
                logging.get(DefaultLoggingManagerFactory.class).create();
        log.captureSystemSources();
        log.attachProcessConsole(ConsoleOutput.Plain);
        log.setLevelInternal(start.getLogLevel());
        log.start();
        boolean failed;
        try (BuildProcessState process = new BuildProcessState(
                true, AgentStatus.disabled(), ClassPath.EMPTY, logging, NativeServices.getInstance())) {
            BuildActionResult result = process.getServices()
                    .get(BuildExecutor.class)
                    .execute(
                            new ExecuteBuildAction(start),
                            new DefaultBuildActionParameters(
                                    System.getProperties(),
                                    System.getenv(),
                                    project,
                                    start.getLogLevel(),
                                    true,
                                    ClassPath.EMPTY),
                            new DefaultBuildRequestContext(
                                    new DefaultBuildRequestMetaData(System.currentTimeMillis()),
                                    new DefaultBuildCancellationToken(),
                                    new NoOpBuildEventConsumer()));
            failed = result.hasFailure();
        }
        log.stop();
        System.exit(failed ? 1 : 0);
    }
}
